import { expect } from 'chai';
import { array, assert, boolean, constantFrom, integer, property } from 'fast-check';
import { compileRule } from '../../../src/core/rules/compile.js';
import { parseYaml } from '../../../src/diagnostics/parse.js';

const header = constantFrom('>', '>-', '>+', '|', '|-', '|+');
/** Lines of an expression that goes on: their joints may be a space, or line breaks. */
const line = constantFrom('a & ', 'b.c &', '"x  y" &', '  d &', '', '   ', "'💥' &", '$string(e) &', '\te &');

describe('a place in a block scalar', () => {
  it('is the one in the file, however lines are folded, indented and chomped', () => {
    let found = 0;
    const lines = array(line, { maxLength: 5 });
    const options = [
      header,
      lines,
      lines,
      integer({ min: 1, max: 5 }),
      boolean(),
      boolean(),
      constantFrom('\n', '\r\n'),
    ] as const;
    assert(
      property(...options, (head, before, after, indent, explicit, tail, newline) => {
        const body = [
          ...before,
          'f & $nowhere(1) & g',
          ...after.map((each) => (each.trim() === '' ? each : `& (${each} h)`)),
        ];
        const indented = body.map((each) => ' '.repeat(indent) + each);
        const sign = explicit ? head.charAt(0) + indent + head.slice(1) : head;
        const text = ['x: 1', `rule: ${sign} # why`, ...indented, ...(tail ? ['', 'y: 2', ''] : [''])].join(newline);
        const { document } = parseYaml('/a.yaml', text);
        // Without a sign, the first line may not be the deepest.
        if (document === undefined) return;
        const source = new Map(Object.entries(Object(document.value))).get('rule');
        const { fault } = compileRule(String(source));
        if (fault?.rule !== 'expr-unknown-function') return;
        found++;
        const { range } = document.toDiagnostic({ ...fault, severity: 'error', pointer: '/rule' });
        expect(text.slice(range?.start.offset, range?.end.offset), text).to.equal('$nowhere');
      }),
      { numRuns: 400 },
    );
    expect(found).to.be.above(100);
  });
});
