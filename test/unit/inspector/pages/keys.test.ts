import { expect } from 'chai';
import {
  type Command,
  keyHelp,
  type Pending,
  patience,
  reduceKey,
} from '../../../../src/inspector/pages/state/keys.js';

const free = { modified: false, typing: false, dialog: false };

/** What keys ask for that are pressed so many milliseconds after one another. */
function press(keys: readonly string[], between = 10, over: Partial<typeof free> = {}, letters = true): Command[] {
  let pending: Pending;
  return keys.flatMap((key, index) => {
    const { pending: next, command } = reduceKey(pending, { key, at: index * between, ...free, ...over }, letters);
    pending = next;
    return command === undefined ? [] : [command];
  });
}

describe('the keys of the inspector', () => {
  const table: readonly (readonly [readonly string[], readonly Command[]])[] = [
    [['/'], [{ do: 'filter' }]],
    [
      ['j', 'k'],
      [{ do: 'next' }, { do: 'previous' }],
    ],
    [['x'], [{ do: 'select' }]],
    [['r'], [{ do: 'replay' }]],
    [['p'], [{ do: 'pause' }]],
    [['?'], [{ do: 'help' }]],
    [['Escape'], [{ do: 'back' }]],
    [['g', 'd'], [{ do: 'go', page: 'deliveries' }]],
    [['g', 'p'], [{ do: 'go', page: 'providers' }]],
    [['g', 'x', 'd'], [{ do: 'select' }]],
    [['g', 'g', 'n'], [{ do: 'go', page: 'now' }]],
    [['d'], []],
    [['constructor'], []],
  ];
  for (const [keys, commands] of table) it(keys.join(' '), () => expect(press(keys)).to.deep.equal(commands));

  it('the key after g counts for a while only', () => {
    expect(press(['g', 'p'], patience + 1)).to.deep.equal([{ do: 'pause' }]);
  });
  it('in a field only Esc does something', () => {
    expect(press(['j', 'g', 'd', 'Escape'], 10, { typing: true })).to.deep.equal([{ do: 'back' }]);
  });
  it('keys of the browser, and of a dialog, are left alone', () => {
    expect(press(['r', 'Escape'], 10, { modified: true })).to.deep.equal([]);
    expect(press(['r', 'Escape'], 10, { dialog: true })).to.deep.equal([]);
  });
  it('can be switched off', () => {
    expect(press(['j', 'g', 'd', 'Escape'], 10, {}, false)).to.deep.equal([{ do: 'back' }]);
  });
  it('are all in the help', () => {
    const helped = keyHelp.map(({ keys }) => keys.join(' '));
    for (const keys of ['/', 'j k', 'x', 'r', 'p', '?', 'g n', 'g d', 'g l', 'g t', 'g c', 'g e', 'g p']) {
      expect(helped).to.include(keys);
    }
  });
});
