import { expect } from 'chai';
import fc from 'fast-check';
import { fromLocal, listPath, readFilters, summarize, toLocal } from '../../../../src/inspector/pages/state/filters.js';
import {
  asSentence,
  count,
  formatAge,
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatSpan,
  formatTime,
  inWords,
  shorten,
} from '../../../../src/inspector/pages/state/format.js';
import { outline } from '../../../../src/inspector/pages/state/outline.js';
import { mark, show } from '../../../../src/inspector/pages/state/tried.js';

describe('how the inspector writes', () => {
  const now = new Date(2026, 10, 30, 12, 0, 0).getTime();
  const thin = '\u202f';
  const table: readonly (readonly [string, string, string])[] = [
    ['a span', formatSpan(61_000), '1 min'],
    ['a short span', formatSpan(3), '0 s'],
    ['an age', formatAge(new Date(now - 7_200_000).toISOString(), now), '2 h ago'],
    ['no age', formatAge(new Date(now + 500).toISOString(), now), 'now'],
    ['an age of what is not a time', formatAge('soon', now), 'soon'],
    ['a time of today', formatTime(new Date(2026, 10, 30, 9, 5, 3, 7).toISOString(), now), '09:05:03.007'],
    ['another day', formatTime(new Date(2026, 10, 2, 9, 5, 3, 7).toISOString(), now), '2026-11-02 09:05:03.007'],
    ['what is not a time', formatTime('soon', now), 'soon'],
    ['a count', formatCount(1_234_567), `1${thin}234${thin}567`],
    ['one', count(1, 'letter'), '1 letter'],
    ['many', count(2_000, 'delivery', 'deliveries'), `2${thin}000 deliveries`],
    ['bytes', formatBytes(1_023), '1023 B'],
    ['kibibytes', formatBytes(2_355), '2.3 KiB'],
    ['mebibytes', formatBytes(5 * 1_048_576), '5.0 MiB'],
    ['gibibytes', formatBytes(3 * 1_073_741_824), '3.0 GiB'],
    ['milliseconds', formatMs(4.3219), '4.32 ms'],
    ['many milliseconds', formatMs(1_234.5), '1235 ms'],
    ['seconds', formatMs(12_340), '12.3 s'],
    ['no rate', formatRate(0), '0/s'],
    ['a low rate', formatRate(0.4), '24/min'],
    ['a rate', formatRate(4.25), '4.3/s'],
    ['a high rate', formatRate(1_204.4), `1${thin}204/s`],
    ['a long id', shorten('evt_0123456789', 9), 'evt_…6789'],
    ['a sentence', asSentence('no delivery has this id'), 'No delivery has this id.'],
    ['a name first', asSentence('admin.token is wanted …'), 'admin.token is wanted …'],
    ['a code', inWords('dead_lettered'), 'dead lettered'],
  ];
  for (const [what, written, expected] of table) it(what, () => expect(written).to.equal(expected));

  it('a short id as it is; a long one in its room', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 3, max: 40 }), (text, room) => {
        const short = shorten(text, room);
        expect(short.length).to.be.at.most(room);
        if (text.length <= room) expect(short).to.equal(text);
      }),
    );
  });
});

describe('the filters of deliveries', () => {
  it('are the parameters of the server; others, and empty ones, are left out', () => {
    const filters = readFilters({ q: 'evt_1', outcome: '', other: 'x' });
    expect(filters).to.deep.equal({ q: 'evt_1' });
    expect(listPath('/deliveries', filters, { limit: '1' })).to.equal('/deliveries?q=evt_1&limit=1');
    expect(listPath('/deliveries', {})).to.equal('/deliveries');
  });
  it('a time of the field is the same time for the server', () => {
    expect(toLocal(fromLocal('2026-11-30T12:30'))).to.equal('2026-11-30T12:30');
    expect([fromLocal(''), toLocal(undefined), toLocal('soon')]).to.deep.equal(['', '', '']);
  });
  it('one event stands for all of a delivery', () => {
    const event = { outcome: 'accepted', id: 'evt_1', type: 'charge.succeeded', topic: 't' } as const;
    expect(summarize({ events: [event, event], more: 3 })).to.deep.equal({
      id: 'evt_1',
      type: event.type,
      topic: 't',
      others: 4,
    });
    expect(summarize({ events: [] })).to.deep.equal({ id: '', type: '', topic: '', others: 0 });
  });
});

describe('the shape of a body', () => {
  it('a line for each field', () => {
    expect(outline({ id: '<text of 3>', lines: [{ n: '<number>' }] })).to.deep.equal([
      { depth: 0, name: '', kind: 'object of 2' },
      { depth: 1, name: 'id', kind: '<text of 3>' },
      { depth: 1, name: 'lines', kind: 'array of 1' },
      { depth: 2, name: '[0]', kind: 'object of 1' },
      { depth: 3, name: 'n', kind: '<number>' },
    ]);
  });
  it('long arrays and large bodies are cut', () => {
    expect(outline(Array.from({ length: 25 }, () => null)).at(-1)).to.deep.equal({
      depth: 1,
      name: '…',
      kind: '15 more',
    });
    const large = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`f${index}`, true]));
    expect(outline(large)).to.have.lengthOf(2_001);
  });
});

describe('the result of a rule', () => {
  it('as JSON, in lines where it is long', () => {
    expect(show({ type: 'string', value: 'a' })).to.equal('"a"');
    expect([show({ type: 'nothing' }), show({ type: 'function' })]).to.deep.equal(['', 'a function']);
    expect(show({ type: 'object', value: { text: 'x'.repeat(90) } })).to.include('\n  "text"');
  });
  it('marks what is wrong with the expression, and loses nothing of it', () => {
    expect(mark('a.(b', [2, 3])).to.deep.equal(['a.', '(', 'b']);
    expect(mark('a', undefined)).to.deep.equal(['a', '', '']);
    fc.assert(
      fc.property(fc.string(), fc.integer(), fc.integer(), (text, start, end) => {
        expect(mark(text, [start, end]).join('')).to.equal(text);
      }),
    );
  });
});
