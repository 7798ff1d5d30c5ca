import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';

const schemas = join(import.meta.dirname, '../../../schemas');

/** Pointers of everything that has a name in the schema, and no description. */
function undescribed(schema: unknown, pointer: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const nodes = new Map<string, unknown>(Object.entries(schema));
  const own = nodes.has('description') || nodes.has('$ref') ? [] : [pointer];
  const children = ['properties', '$defs'].flatMap((key) =>
    Object.entries(Object(nodes.get(key))).flatMap(([name, child]) => undescribed(child, `${pointer}/${name}`)),
  );
  return [...own, ...children, ...(nodes.has('items') ? undescribed(nodes.get('items'), `${pointer}/*`) : [])];
}

describe('the schemas of this package', () => {
  for (const name of readdirSync(schemas)) {
    it(`${name} is a JSON Schema 2020-12`, () => {
      const schema: unknown = JSON.parse(readFileSync(join(schemas, name), 'utf8'));
      const ajv = new Ajv2020({ allErrors: true });
      expect(ajv.validateSchema(Object(schema)), ajv.errorsText()).to.equal(true);
    });
  }
});

describe('the schemas of what people write', () => {
  for (const name of ['gateway', 'plugin', 'example', 'scenario', 'example-objects']) {
    it(`${name}.schema.json describes every key`, () => {
      const schema: unknown = JSON.parse(readFileSync(join(schemas, `${name}.schema.json`), 'utf8'));
      expect(undescribed(schema, '')).to.deep.equal([]);
    });
  }
});

describe('the YAML files of this package', () => {
  const root = join(schemas, '..');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /^(config\/[^/]+|plugins\/[^/]+\/plugin)\.yaml$/.test(path),
  );

  it('tell editors their schema, by a path that leads to it', () => {
    expect(files).to.have.length.above(100);
    for (const file of files) {
      const [, path = ''] =
        /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(join(root, file), 'utf8')) ?? [];
      const wanted = file.startsWith('config') ? 'gateway' : 'plugin';
      expect(join(root, file, '..', path), file).to.equal(join(schemas, `${wanted}.schema.json`));
    }
  });
});
