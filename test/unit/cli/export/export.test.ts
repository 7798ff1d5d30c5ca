import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Parser } from '@asyncapi/parser';
import { expect } from 'chai';
import ts from 'typescript';
import { exportAsyncapi } from '../../../../src/cli/export/asyncapi.js';
import { exportCloudevents } from '../../../../src/cli/export/cloudevents.js';
import { toTypeName } from '../../../../src/cli/export/names.js';
import { toType } from '../../../../src/cli/export/schema-to-type.js';
import { exportConnect, exportFlink } from '../../../../src/cli/export/tables.js';
import { type ExportedTopic, listTopics } from '../../../../src/cli/export/topics.js';
import { exportTypes } from '../../../../src/cli/export/types.js';
import { loadConfig } from '../../../../src/config/load.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
/** Providers whose endpoints need nothing but a path and a secret. */
const providers = ['stripe', 'adyen', 'paddle', 'square', 'github', 'razorpay', 'mollie', 'shopify'];
/** What some of them need beside. */
const more: { readonly [provider: string]: string } = {
  adyen: ', accept: [signature-body-unbound]',
  square: ', url: https://hooks.example.com/in/square',
};

describe('gateway export', () => {
  const folder = mkdtempSync(join(tmpdir(), 'export-'));
  let topics: readonly ExportedTopic[];
  /** Provider → where the events of a batch are. */
  let items: ReadonlyMap<string, string | undefined>;

  before(async () => {
    const endpoints = providers.map(
      (name) =>
        `  - { provider: ${name}, path: /in/${name}, secrets: [{ name: s, env: SECRET }]${more[name] ?? ''} }\n`,
    );
    const file = join(folder, 'gateway.yaml');
    writeFileSync(
      file,
      `version: 1\nplugins: ${join(root, 'plugins')}\nembedded: { dir: data }\nendpoints:\n${endpoints.join('')}`,
    );
    const { declared, settings, diagnostics } = await loadConfig(file, { SECRET: 'ab'.repeat(32) }, Date.now());
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    expect(declared.endpoints).to.have.length(providers.length);
    const loaded = settings?.endpoints ?? [];
    topics = listTopics({ endpoints: loaded });
    items = new Map(loaded.map(({ provider }) => [provider.name, provider.items]));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('knows which events of which endpoint are in a topic', () => {
    const [source] = topics.find(({ topic }) => topic === 'webhooks.stripe.refund')?.sources ?? [];
    expect(source).to.deep.include({ endpoint: 'stripe', path: '/in/stripe', events: ['refund.*'] });
    expect(source?.types).to.include('refund.created').and.not.include('charge.refunded');
  });

  it('asyncapi: is a document without a fault', async () => {
    const record = JSON.parse(readFileSync(join(root, 'schemas/record.schema.json'), 'utf8'));
    const document = exportAsyncapi({
      topics,
      deadLetterTopic: 'webhooks.dlq',
      broker: 'b:9092',
      version: '1',
      record,
    });
    const parsed = await new Parser().parse(JSON.stringify(document));
    expect(parsed.diagnostics.map(({ message, path }) => `${path.join('/')} ${message}`)).to.deep.equal([]);
    const addresses = parsed.document?.allChannels().map((channel) => channel.address());
    expect(addresses).to.have.members([...topics.map(({ topic }) => topic), 'webhooks.dlq']);
  }).timeout(20_000);

  it('types: compile, and every example of the plugins fits', () => {
    const examples = providers.flatMap((provider) =>
      readdirSync(join(root, 'plugins', provider, 'examples'))
        .filter((name) => name.endsWith('.json'))
        .flatMap((name) => listEvents(join(root, 'plugins', provider, 'examples', name), items.get(provider)))
        .map((json) => ({ provider, json })),
    );
    expect(examples.length).to.be.above(providers.length);
    const uses = examples.map(
      ({ provider, json }, index) => `export const e${index}: t.${toTypeName(provider)}Event = ${json};\n`,
    );
    writeFileSync(join(folder, 'types.ts'), exportTypes(topics));
    writeFileSync(join(folder, 'uses.ts'), `import type * as t from './types';\n${uses.join('')}`);
    const options = { strict: true, noEmit: true, types: [], target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts'] };
    const program = ts.createProgram([join(folder, 'uses.ts')], options);
    const faults = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(faults).to.deep.equal([]);
  }).timeout(60_000);

  it('types: refuse what no event of the provider is', () => {
    writeFileSync(join(folder, 'types.ts'), exportTypes(topics));
    writeFileSync(
      join(folder, 'wrong.ts'),
      `import type { StripeEvent } from './types';\nexport const e: StripeEvent = { id: 1 };\n`,
    );
    const options = { strict: true, noEmit: true, types: [], lib: ['lib.es2022.d.ts'] };
    const program = ts.createProgram([join(folder, 'wrong.ts')], options);
    expect(ts.getPreEmitDiagnostics(program)).not.to.be.empty;
  }).timeout(60_000);

  it('cloudevents: has each type under its endpoint, with a schema that is there', () => {
    const document: {
      messagegroups?: { [id: string]: { messages: { [id: string]: { dataschemaxid?: string } } } };
      schemagroups?: { [id: string]: { schemas: object } };
    } = exportCloudevents(topics);
    expect(document.messagegroups?.stripe?.messages).to.include.keys('charge.refunded', 'refund.created');
    const named = Object.values(document.messagegroups ?? {}).flatMap(({ messages }) =>
      Object.values(messages).flatMap(({ dataschemaxid }) => dataschemaxid ?? []),
    );
    expect(named).not.to.be.empty;
    for (const xid of new Set(named)) {
      const [, , group = '', , schema = ''] = xid.split('/');
      expect(document.schemagroups?.[group]?.schemas, xid).to.have.property(schema);
    }
  });

  it('flink: has a table and a view for each topic, and quotes what it must', () => {
    const sql = exportFlink(topics, "b:9092'");
    for (const { topic } of topics) expect(sql).to.include(`'topic' = '${topic}'`);
    expect(sql.match(/CREATE (TABLE|VIEW)/g)).to.have.length(2 * topics.length);
    expect(sql).to.include("'b:9092'''");
  });

  it('connect: reads all topics', () => {
    expect(exportConnect(topics)).to.have.nested.property('config.topics', topics.map(({ topic }) => topic).join(','));
  });
});

describe('a JSON Schema as a type', () => {
  const cases: readonly (readonly [schema: unknown, type: string])[] = [
    [{}, 'unknown'],
    [true, 'unknown'],
    [false, 'never'],
    [{ type: 'integer', minimum: 1 }, 'number'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ const: 'a"b' }, '"a\\"b"'],
    [{ enum: ['a', 1, null] }, '"a" | 1 | null'],
    [{ type: 'array', items: { type: 'string' } }, 'readonly (string)[]'],
    [{ anyOf: [{ type: 'string' }, {}] }, 'unknown'],
    [{ type: 'string', anyOf: [{ const: 'a' }, { const: 'b' }] }, 'string & ("a" | "b")'],
    [
      { required: ['x-y'], properties: { 'x-y': { type: 'boolean' } } },
      '{\n  readonly "x-y": boolean;\n  readonly [name: string]: unknown;\n}',
    ],
  ];
  for (const [schema, type] of cases) {
    it(JSON.stringify(schema), () => expect(toType(schema)).to.equal(type));
  }
});

/** The events of an example, each as JSON. */
function listEvents(file: string, items: string | undefined): readonly string[] {
  const { payload }: { payload: unknown } = JSON.parse(readFileSync(file, 'utf8'));
  return pick(payload, items === undefined ? [] : items.split('/').slice(1)).map((event) => JSON.stringify(event));
}

function pick(value: unknown, [first, ...rest]: readonly string[]): readonly unknown[] {
  if (first === undefined) return [value];
  if (first === '*') return Array.isArray(value) ? value.flatMap((each) => pick(each, rest)) : [];
  return typeof value === 'object' && value !== null
    ? pick(Object.entries(value).find(([key]) => key === first)?.[1], rest)
    : [];
}
