import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { changeableRules, ruleDefinitions } from '../../src/diagnostics/rules.js';
import { ruleIndexText, rulePageText } from './rule-pages.js';
import { lintExample, scene } from './rule-scene.js';

const root = join(import.meta.dirname, '../..');
const pages = join(root, 'docs/rules');
const update = process.env.UPDATE === '1';

function expectFile(path: string, text: string): void {
  if (update) writeFileSync(path, text);
  expect(readFileSync(path, 'utf8')).to.equal(text);
}

describe('the rules of the linter', () => {
  before(() => mkdirSync(pages, { recursive: true }));

  for (const rule of ruleDefinitions) {
    describe(rule.id, () => {
      it('is what its bad example gives, and all that it gives', async () => {
        expect([...new Set((await lintExample(rule.bad)).rules)]).to.deep.equal([rule.id]);
      });

      it('finds nothing in its good example', async () => {
        expect((await lintExample(rule.good)).printed).to.equal('');
      });

      it('has a page that is current', async () => {
        expectFile(join(pages, `${rule.id}.md`), await rulePageText(rule));
      });

      it('has a case of its own', () => {
        expect(readdirSync(join(root, 'test/cases/lint'))).to.include(rule.id);
      });
    });
  }

  it('replace a file of the scene each, or are about one that is not there', () => {
    for (const { bad, good } of ruleDefinitions) expect([...scene.keys()]).to.include.members([bad.file, good.file]);
  });

  it('have an index that is current, and no page about a rule that there is not', () => {
    expectFile(join(pages, 'README.md'), ruleIndexText());
    const ids = ruleDefinitions.map(({ id }) => `${id}.md`);
    expect(readdirSync(pages).sort()).to.deep.equal(['README.md', ...ids].sort());
  });

  it('are all that the source reports', () => {
    const known = new Set(ruleDefinitions.map(({ id }) => id));
    expect(known.size).to.equal(ruleDefinitions.length);
    for (const { parentPath, name } of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
      if (!name.endsWith('.ts')) continue;
      const text = readFileSync(join(parentPath, name), 'utf8');
      for (const [, id = ''] of text.matchAll(/\brule: '([a-z]+(?:-[a-z]+)+)'/g)) expect(known, name).to.include(id);
    }
  });

  it('stand in the schema of gateway.yaml, those that can be changed', () => {
    const file = join(root, 'schemas/gateway.schema.json');
    const schema = JSON.parse(readFileSync(file, 'utf8'));
    const rules = schema.$defs.lint.properties.rules;
    const wanted = Object.fromEntries(
      ruleDefinitions
        .filter(({ id }) => changeableRules.includes(id))
        .map(({ id, what }) => [
          id,
          { description: what, enum: ['off', 'warn', 'error'], default: 'warn', examples: ['off'] },
        ]),
    );
    if (update) {
      rules.properties = wanted;
      writeFileSync(file, `${JSON.stringify(schema, undefined, 2)}\n`);
    }
    expect(rules.properties).to.deep.equal(wanted);
  });
});
