import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { compose, type SchemaMap } from '../../../bin/payload-schemas/compose.js';
import { readDeclarations } from '../../../bin/payload-schemas/declarations.js';
import type { Source } from '../../../bin/payload-schemas/fields.js';
import { readOpenapi } from '../../../bin/payload-schemas/openapi.js';

const root = new URL('../../../', import.meta.url);

/** An OpenAPI document with one object, `thing`. */
function openapi(thing: object, others: object = {}): Source {
  return readOpenapi({ openapi: '3.0.0', components: { schemas: { thing: { type: 'object', ...thing }, ...others } } });
}

/** What is made of the object `thing`, with its definitions. */
function made(
  sources: readonly Source[],
  options: { nulls?: SchemaMap['nulls']; deep?: readonly string[]; without?: readonly string[] } = {},
) {
  const { nulls = 'never', ...rest } = options;
  const object = { title: 'Thing', from: ['thing'], at: '/properties/data', member: 'thing', ...rest };
  const map: SchemaMap = { nulls, envelope: { type: 'object' }, objects: [object] };
  const { $defs }: { $defs?: { readonly [name: string]: { readonly properties?: object } } } = compose(
    map,
    sources,
    'made',
  );
  return $defs ?? {};
}

describe('a payload schema of what a provider publishes', () => {
  const properties = {
    id: { type: 'string', maxLength: 5, format: 'uuid', pattern: '^a' },
    amount: { type: 'integer', minimum: 0 },
    note: { type: 'string', nullable: true },
    status: { type: 'string', enum: ['open', 'closed', ''] },
    customer: { anyOf: [{ type: 'string' }, { $ref: '#/components/schemas/customer' }], nullable: true },
    address: { $ref: '#/components/schemas/address' },
    tags: { type: 'array', items: { type: 'string' } },
    lines: { type: 'array', items: { $ref: '#/components/schemas/address' } },
    metadata: { type: 'object', additionalProperties: { type: 'string' } },
    anything: {},
  };
  const others = {
    customer: { type: 'object', properties: { id: { type: 'string' } } },
    address: {
      allOf: [
        { type: 'object', properties: { city: { type: 'string' } } },
        { properties: { zip: { type: 'string' } } },
      ],
    },
  };

  it('has single values, lists of them and maps by their type alone; what is listed becomes an example', () => {
    expect(made([openapi({ properties, required: ['id'] }, others)])).to.deep.equal({
      Thing: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          amount: { type: 'integer' },
          note: { type: ['string', 'null'] },
          status: { type: 'string', examples: ['open', 'closed'] },
          customer: { type: ['string', 'object', 'null'] },
          tags: { type: 'array', items: { type: 'string' } },
          metadata: { type: 'object' },
        },
      },
    });
  });

  it('has the members of those objects that are wished for, each in a definition of its own', () => {
    const { Thing, ThingAddress, ThingLines } = made([openapi({ properties }, others)], {
      deep: ['address', 'lines.city'],
    });
    expect(ThingAddress).to.deep.equal({
      type: 'object',
      properties: { city: { type: 'string' }, zip: { type: 'string' } },
    });
    expect(ThingLines).to.deep.equal(ThingAddress);
    expect(Thing?.properties).to.deep.include({
      address: { $ref: '#/$defs/ThingAddress' },
      lines: { type: 'array', items: { $ref: '#/$defs/ThingLines' } },
    });
  });

  it('leaves out what it is told to, at any level', () => {
    const { Thing, ThingAddress } = made([openapi({ properties }, others)], {
      deep: ['address'],
      without: ['note', 'address#zip'],
    });
    expect(Thing?.properties).not.to.have.property('note');
    expect(Object.keys(ThingAddress?.properties ?? {})).to.deep.equal(['city']);
  });

  it('lets through what any version says', () => {
    const older = openapi({
      properties: { amount: { type: 'string' }, gone: { type: 'boolean' }, note: { type: 'integer' } },
    });
    expect(made([openapi({ properties }, others), older]).Thing?.properties).to.deep.include({
      amount: { type: ['integer', 'string'] },
      gone: { type: 'boolean' },
      note: { type: ['string', 'integer', 'null'] },
    });
  });

  it('takes null where it is told that null may come', () => {
    const source = openapi({ properties: { id: { type: 'string' }, note: { type: 'string' } }, required: ['id'] });
    const of = (nulls: SchemaMap['nulls']) => made([source], { nulls }).Thing?.properties;
    const [text, open] = [{ type: 'string' }, { type: ['string', 'null'] }];
    expect(of('never')).to.deep.equal({ id: text, note: text });
    expect(of('optional')).to.deep.equal({ id: text, note: open });
    expect(of('always')).to.deep.equal({ id: open, note: open });
  });

  it('holds an object against its own schema only where the event says that it is one', () => {
    const source = openapi({ properties: { kind: { type: 'string' }, amount: { type: 'integer' } } });
    const of = (when: { readonly [name: string]: string | readonly string[] }) => {
      const object = { title: 'Thing', from: ['thing'], at: '/properties/data', when };
      const { properties }: { properties?: { data?: object } } = compose(
        { nulls: 'never', envelope: { properties: { data: { type: 'object' } } }, objects: [object] },
        [source],
        'made',
      );
      return properties?.data;
    };
    const choice = (kind: object) => ({
      type: 'object',
      allOf: [
        {
          if: { type: 'object', properties: { kind }, required: ['kind'] },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: { $ref: '#/$defs/Thing' },
        },
      ],
    });
    expect(of({ kind: 'a' })).to.deep.equal(choice({ const: 'a' }));
    expect(of({ kind: ['a', 'b'] })).to.deep.equal(choice({ enum: ['a', 'b'] }));
    expect(of({ kind: '^a\\.' })).to.deep.equal(choice({ type: 'string', pattern: '^a\\.' }));
  });

  it('is refused where no source knows an object', () => {
    const map: SchemaMap = { nulls: 'never', envelope: {}, objects: [{ title: 'Other', from: ['other'], at: '' }] };
    expect(() => compose(map, [openapi({})], 'made')).to.throw('No source knows other');
  });

  it('can be made of the types of an SDK', () => {
    const folder = mkdtempSync(join(tmpdir(), 'declarations-'));
    try {
      const text = `type Status = 'open' | 'closed';
        interface Base { id: string }
        export interface thing extends Base { amount: number; paid?: boolean; note: string | null; status: Status; tags: string[];
          inner: { deep: string }; metadata: { [name: string]: string }; old?: undefined }`;
      writeFileSync(join(folder, 'types.d.ts'), text);
      const { Thing, ThingInner } = made([readDeclarations(join(folder, 'types.d.ts'))], { deep: ['inner'] });
      expect(ThingInner).to.deep.equal({ type: 'object', properties: { deep: { type: 'string' } } });
      expect(Thing?.properties).to.deep.equal({
        id: { type: 'string' },
        amount: { type: 'number' },
        paid: { type: 'boolean' },
        note: { type: ['string', 'null'] },
        status: { type: 'string', examples: ['open', 'closed'] },
        tags: { type: 'array', items: { type: 'string' } },
        inner: { $ref: '#/$defs/ThingInner' },
        metadata: { type: 'object' },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }).timeout(20_000);
});

describe('the shipped payload schemas that are made', () => {
  const maps = new URL('bin/payload-schemas/maps/', root);
  for (const file of readdirSync(maps)) {
    const name = file.replace('.yaml', '');
    it(`${name}: says what all events share as its map does, and where the rest is from`, () => {
      const { schema, envelope, provenance } = parse(readFileSync(new URL(file, maps), 'utf8'));
      const text = readFileSync(new URL(`plugins/${name}/${schema}`, root), 'utf8');
      expect(text.length).to.be.below(60_000);
      const { $defs, ...written }: { $defs?: object; $comment?: string } = JSON.parse(text);
      expect(written.$comment).to.include(provenance);
      expectWithin(written, envelope, '');
      // Nothing of an object is needed, and no text is refused.
      expect(JSON.stringify($defs ?? {})).not.to.match(
        /"(required|enum|const|pattern|format|additionalProperties|minLength)":/,
      );
    });
  }
});

function expectWithin(whole: unknown, part: unknown, pointer: string): void {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) {
    expect(whole, pointer).to.deep.equal(part);
    return;
  }
  for (const [name, value] of Object.entries(part)) expectWithin(Object(whole)[name], value, `${pointer}/${name}`);
}
