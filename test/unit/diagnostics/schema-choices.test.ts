import { expect } from 'chai';
import { compileCheck } from '../../../src/diagnostics/schema-check.js';
import { explainErrors } from '../../../src/diagnostics/schema-faults.js';
import { readSchema } from '../../../src/util/read-text.js';

describe('what is said of a choice between words and a mapping', () => {
  async function hintAt(signing: unknown): Promise<string | undefined> {
    const check = compileCheck(await readSchema('tests'));
    const checked = check({
      version: 1,
      cases: [{ name: 'a', given: { example: 'b', signing }, expect: { status: 401 } }],
    });
    if ('value' in checked) return undefined;
    const [fault, ...others] = explainErrors(checked.errors);
    expect(others).to.deep.equal([]);
    expect(fault).to.include({
      pointer: '/cases/0/given/signing',
      message: '"signing" matches none of the allowed forms',
    });
    return fault?.hint;
  }

  it('names the word that was meant, else all of them', async () => {
    expect(await hintAt('tampered')).to.equal(undefined);
    expect(await hintAt('tamperd')).to.equal('did you mean "tampered"?');
    expect(await hintAt('quite different')).to.equal('one of valid, none, wrong, tampered, or a mapping');
    expect(await hintAt(7)).to.equal('one of valid, none, wrong, tampered, or a mapping');
  });
});
