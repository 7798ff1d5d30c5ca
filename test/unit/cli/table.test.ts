import { expect } from 'chai';
import fc from 'fast-check';
import { fold, formatTable, shorten } from '../../../src/cli/table.js';
import { hasColours, paintOutcomes, terminalWidth } from '../../../src/cli/terminal.js';

const headings = ['ID', 'RECEIVED', 'ENDPOINT', 'REASON', 'TYPE', 'BYTES', 'REPLAYED'];
const row = [
  ...['6f9619ff-8b86-4d01-b42d-00cf4fc964ff', '2026-01-02T03:04:05.006Z', 'stripe', 'signature_mismatch'],
  ...['payment_intent.created', '1234', 'no'],
];
const options = { ids: ['ID'], times: ['RECEIVED'], minor: ['BYTES', 'REPLAYED'] };

function widest(text: string): number {
  return Math.max(...text.split('\n').map(({ length }) => length));
}

describe('cli/table, in a terminal', () => {
  it('is as it is where there is room', () => {
    expect(formatTable(headings, [row], { ...options, width: 200 })).to.equal(formatTable(headings, [row]));
  });

  it('shortens ids and times, then folds cells in their columns', () => {
    expect(formatTable(headings, [row], { ...options, width: 90 }).split('\n')).to.deep.equal([
      'ID             RECEIVED         ENDPOINT  REASON           TYPE            BYTES  REPLAYED',
      '6f9619ff…64ff  01-02 03:04:05Z  stripe    signature_       payment_        1234   no',
      '                                          mismatch         intent.created',
    ]);
  });

  it('leaves out minor columns, then makes a block of each row', () => {
    const narrow = formatTable(headings, [row, row], { ...options, width: 74 }).split('\n');
    expect(narrow[0]).to.match(/^ID +RECEIVED +ENDPOINT +REASON +TYPE$/);
    const blocks = formatTable(headings, [row, row], { ...options, width: 50 }).split('\n\n');
    expect(blocks).to.have.length(2);
    expect(blocks[0]).to.include(
      'ID        6f9619ff-8b86-4d01-b42d-00cf4fc964ff\nRECEIVED  2026-01-02T03:04:05.006Z\n',
    );
  });

  it('never is wider than the terminal, and folding loses nothing', () => {
    const cell = fc.stringMatching(/^[a-z0-9./_ ,-]{0,60}$/);
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 5, maxLength: 5 })),
        fc.integer({ min: 40, max: 200 }),
        (rows, width) => {
          expect(widest(formatTable(['A', 'B', 'C', 'D', 'E'], rows, { width }))).to.be.at.most(width);
        },
      ),
    );
    fc.assert(
      fc.property(cell, fc.integer({ min: 4, max: 40 }), (text, width) => {
        const lines = fold(text, width);
        expect(lines.join('').replaceAll(' ', '')).to.equal(text.replaceAll(' ', ''));
        expect(Math.max(...lines.map(({ length }) => length))).to.be.at.most(width);
      }),
    );
  });

  it('shortens an id in its middle', () => {
    expect(shorten('6f9619ff-8b86-4d01-b42d-00cf4fc964ff')).to.equal('6f9619ff…64ff');
    expect(shorten('evt_1')).to.equal('evt_1');
  });
});

describe('cli/terminal', () => {
  it('has the width that COLUMNS says, else that of the terminal, else none', () => {
    expect(terminalWidth({ isTTY: true, columns: 100 }, {})).to.equal(100);
    expect(terminalWidth({ isTTY: true, columns: 100 }, { COLUMNS: '80' })).to.equal(80);
    expect(terminalWidth({ isTTY: false }, { COLUMNS: '80' })).to.equal(80);
    expect(terminalWidth({ isTTY: true, columns: 100 }, { COLUMNS: 'wide' })).to.equal(100);
    expect(terminalWidth({}, {})).to.equal(undefined);
  });

  it('colours outcomes, and no part of another word', () => {
    expect(paintOutcomes('accepted 5, refused 1')).to.equal(
      '\u001b[32maccepted\u001b[0m 5, \u001b[31mrefused\u001b[0m 1',
    );
    for (const text of ['charge.refused', 'order.accepted', 'not_refused', 'errors', 'webhooks.error/2@3']) {
      expect(paintOutcomes(text)).to.equal(text);
    }
  });

  it('has colours on a terminal alone', () => {
    const hasColors = () => true;
    expect(hasColours({ isTTY: true, hasColors })).to.equal(true);
    expect(hasColours({ isTTY: true, hasColors: () => false })).to.equal(false);
    expect(hasColours({ isTTY: false, hasColors })).to.equal(false);
  });
});
