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
const providers = [
  ...['stripe', 'adyen', 'paddle', 'square', 'github', 'razorpay', 'mollie', 'shopify'],
  ...['gocardless', 'lemon_squeezy', 'lithic'],
];
/** What some of them need beside. */
const more: { readonly [provider: string]: string } = {
  adyen: ', accept: [signature-body-unbound]',
  square: ', url: https://hooks.example.com/in/square',
};

/** What somebody writes who reads the topics; each line tells the kind of an event in the provider's own way. */
const consumer = `import type * as t from './types';
export function read(
  stripe: t.KnownStripeEvent,
  paddle: t.KnownPaddleEvent,
  mollie: t.KnownMollieEvent,
  lemon: t.KnownLemonSqueezyEvent,
  lithic: t.KnownLithicEvent,
  square: t.SquareEvent,
  razorpay: t.RazorpayEvent,
  adyen: t.AdyenEvent,
  gocardless: t.GocardlessEvent,
): void {
  const { object } = stripe.data;
  if (object.object === 'charge') { const amount: number | null | undefined = object.amount; }
  if (object.object === 'subscription') { const ends: boolean | null | undefined = object.cancel_at_period_end; }
  if (paddle.event_type === 'transaction.completed') { const total: string | null | undefined = paddle.data.details?.totals?.total; }
  const entity = mollie._embedded?.entity;
  if (entity?.resource === 'refund') { const payment: string | null | undefined = entity.paymentId; }
  if (lemon.data?.type === 'orders') { const cents: number | null | undefined = lemon.data.attributes?.total; }
  if (lithic.event_type === 'card_transaction.updated') { const approved: string | null | undefined = lithic.result; }
  const dispute: string | null | undefined = square.data?.object?.dispute?.disputed_payment?.payment_id;
  const order: string | null | undefined = razorpay.payload.payment?.entity?.order_id;
  const arn: string | null | undefined = adyen.additionalData.arn;
  const mandate: string | null | undefined = gocardless.links?.mandate;
}
`;

/** What TypeScript has against `text` beside these types. */
function faultsIn(folder: string, types: string, text: string): readonly string[] {
  writeFileSync(join(folder, 'types.ts'), types);
  writeFileSync(join(folder, 'consumer.ts'), text);
  const options = { strict: true, noEmit: true, types: [], target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts'] };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([join(folder, 'consumer.ts')], options))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

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

  it('types: an event of a known kind has the fields of its object, whatever tells it apart', () => {
    expect(faultsIn(folder, exportTypes(topics), consumer)).to.deep.equal([]);
  }).timeout(60_000);

  it('types: such a field is no other than it is', () => {
    const wrong = consumer.replaceAll(/: (number|string|boolean) \| null \| undefined/g, ': symbol');
    expect(wrong).not.to.equal(consumer);
    const faults = faultsIn(folder, exportTypes(topics), wrong);
    expect(faults).to.have.length(consumer.match(/: (number|string|boolean) \| null \| undefined/g)?.length ?? 0);
    for (const fault of faults) expect(fault).to.match(/^Type '.*' is not assignable to type 'symbol'/);
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
    [{ type: ['string', 'null'], examples: ['a', 'b'] }, '"a" | "b" | (string & {}) | null'],
    [{ type: 'string', pattern: '^a\\.' }, '`a.$'.concat('{string}`')],
    [{ type: 'string', pattern: '^a.*b$' }, 'string'],
    [{ $ref: '#/$defs/a' }, 'unknown'],
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
