import { join } from 'node:path';
import { expect } from 'chai';
import { array, assert, asyncProperty, constantFrom, record, stringMatching } from 'fast-check';
import { loadConfig } from '../../../src/config/load.js';
import { resolve } from '../../../src/config/resolved.js';
import { formatGithub, formatJson } from '../../../src/diagnostics/formats.js';
import { formatJunit } from '../../../src/diagnostics/junit.js';
import { maskSecrets } from '../../../src/diagnostics/mask.js';
import { formatPretty } from '../../../src/diagnostics/pretty.js';
import { formatSarif } from '../../../src/diagnostics/sarif.js';
import type { Files } from '../../../src/util/read-text.js';

const base = '/etc/gateway';
const file = join(base, 'gateway.yaml');

/** Fields that are not secrets; a variable that has one is a secret in the wrong place. */
const fields = {
  publicUrl: 'https://hooks.example.com',
  data: '../data',
  plugins: 'plugins',
  known: 'webhooks.*',
  dlq: 'webhooks.dlq',
  provider: 'acme',
  name: 'first',
  path: '/webhooks/acme',
  events: 'order.*',
  when: 'amount > 1',
  topic: 'webhooks.orders',
  key: 'order.id',
  secretName: 'current',
  kind: 'signing',
  param: 'x',
  keyFile: 'acme.secret',
  clientId: 'gateway',
  brokers: 'localhost:9092',
  ca: 'ca.pem',
} as const;
type Field = keyof typeof fields;

const pw = `\${PW}`;
const misplaced = [
  pw,
  `a.${pw}`,
  `/${pw}`,
  `./${pw}`,
  `${pw}/`,
  `$${pw}`,
  `(${pw}`,
  `${pw.replace('PW', 'NO:-x')}${pw}`,
];

/** Where the secret itself stands in the file, in the way people write it there. */
const inline: readonly ((secret: string) => string)[] = [
  () => '[{ name: current, env: ACME_SECRET }]',
  (secret) => `[${JSON.stringify(secret)}]`,
  (secret) => JSON.stringify(secret),
  (secret) => `[{ name: current, env: ${JSON.stringify(secret)} }]`,
  (secret) => `[{ name: current, value: ${JSON.stringify(secret)} }]`,
  (secret) => `[{ name: current, env: ACME_SECRET, secret: ${JSON.stringify(secret)} }]`,
  (secret) => `\n      - { name: current, env: ACME_SECRET } # was ${secret}\n      - { name: current, env: NOTHING }`,
  (secret) => `\n      - name: current\n        env: ACME_SECRETT # ${secret}`,
  (secret) => `\n      - name: current\n        value: |\n          ${secret}\n          ${secret}`,
];

function write(text: (field: Field) => string, secrets: string, kafka: string): string {
  const quoted = (field: Field) => JSON.stringify(text(field));
  return `version: 1
server: { publicUrl: ${quoted('publicUrl')} }
${kafka === '' ? `embedded: { dir: ${quoted('data')} }` : kafka}
plugins: ${quoted('plugins')}
lint: { topics: [${quoted('known')}] }
deadLetter: { topic: ${quoted('dlq')} }
endpoints:
  - name: ${quoted('name')}
    provider: ${quoted('provider')}
    path: ${quoted('path')}
    secrets: ${secrets}
    params: { p: ${quoted('param')} }
    routes: [{ events: [${quoted('events')}], when: ${quoted('when')}, topic: ${quoted('topic')}, key: ${quoted('key')} }]
  - name: ${quoted('name')}
    provider: acme
    path: /second
    secrets: [{ name: ${quoted('secretName')}, for: ${quoted('kind')}, file: ${quoted('keyFile')}, expires: 2020-01-01T00:00:00Z }]
`;
}

function writeKafka(text: (field: Field) => string, password: string): string {
  const tls = `tls: { ca: ${JSON.stringify(text('ca'))} }`;
  const sasl = `sasl: { mechanism: plain, username: u, password: ${password} }`;
  return `kafka: { brokers: ${JSON.stringify(text('brokers'))}, clientId: ${JSON.stringify(text('clientId'))}, ${tls}, ${sasl} }`;
}

const plugin = `version: 1
name: acme
title: Acme
signature:
  algorithm: hmac-sha256
  signature: { from: "{header.acme-signature}", encoding: hex }
  content: "{raw}"
schemas: [{ schema: event.schema.json }]
event: { id: id, type: type }
routes: [{ topic: webhooks.acme }]
eventTypes: event-types.txt
`;
const texts = new Map([
  [join(base, 'plugins/acme/plugin.yaml'), plugin],
  [join(base, 'plugins/acme/event.schema.json'), '{ "type": "object", "properties": { "amount": {}, "order": {} } }'],
  [join(base, 'plugins/acme/event-types.txt'), 'order.paid\n'],
  [join(base, 'acme.secret'), 'qzk-in-a-file'],
]);

async function load(text: string, environment: { readonly [name: string]: string }) {
  const all = new Map([...texts, [file, text]]);
  const files: Files = {
    read: async (path) => {
      const found = all.get(path);
      return found === undefined ? { reason: 'ENOENT' } : { text: found };
    },
    listPlugins: async (path) => (path === join(base, 'plugins') ? { names: ['acme'] } : { reason: 'ENOENT' }),
  };
  return loadConfig(file, environment, Date.now(), files);
}

async function printAll(text: string, environment: { readonly [name: string]: string }): Promise<string> {
  const { diagnostics, sources } = await load(text, environment);
  return [
    formatPretty(diagnostics, sources),
    formatPretty(diagnostics, sources, { colours: true, base }),
    formatJson(diagnostics),
    formatSarif(diagnostics, base, '1'),
    formatJunit(diagnostics, [file], base),
    formatGithub(diagnostics, base),
    maskSecrets(text),
  ].join('\n');
}

describe('secrets in a configuration', () => {
  const part = stringMatching(/^qzk[a-z0-9]{0,3}$/);
  const joint = constantFrom('', '.', '/', '$', '-', '+', ' ', '(', '//', ':', '"', '~>', '=', '*');
  const secret = array(record({ part, joint }), { minLength: 1, maxLength: 4 }).map((parts) =>
    parts.map((each) => each.joint + each.part).join(''),
  );
  const wrong = array(record({ field: constantFrom(...names(fields)), as: constantFrom(...misplaced) }), {
    maxLength: 3,
  });
  const password = constantFrom(
    '',
    '{ env: ACME_SECRET }',
    'INLINE',
    '{ env: INLINE }',
    '{ value: INLINE }',
    '{ file: INLINE }',
  );

  it('are in no output of any format, wherever they came to stand', () =>
    assert(
      asyncProperty(secret, wrong, constantFrom(...inline), password, async (value, faults, place, sasl) => {
        const text = (field: Field) => faults.find((fault) => fault.field === field)?.as ?? fields[field];
        const kafka =
          sasl === ''
            ? ''
            : writeKafka(
                text,
                sasl.replace('INLINE', () => literal(sasl, value)),
              );
        const source = write(text, place(value), kafka);
        const printed = await printAll(source, { PW: value, ACME_SECRET: value });
        const leak = printed.split('\n').find((line) => line.toLowerCase().includes('qzk'));
        expect(leak, source).to.equal(undefined);
      }),
      { numRuns: 150 },
    )).timeout(20_000);

  it('are told by what the file says in their place', async () => {
    const wrongly = { topic: `a.${pw}`, provider: pw, keyFile: `./${pw}`, when: `${pw}(` } as const;
    const text = write((field) => ({ ...fields, ...wrongly })[field], inline[0]?.('') ?? '', '');
    const { diagnostics } = await load(text, { ACME_SECRET: 'x', PW: 'qzk' });
    const said = diagnostics.map(({ message }) => message);
    expect(said).to.include.members([
      `There is no plugin "${pw}"`,
      `There is no topic "a.${pw}" in lint.topics, to which this route sends`,
      `There is no file ./${pw}`,
      `"${pw}(" stands for an expression with this fault`,
    ]);
  });

  it('are not in what is in effect', async () => {
    const text = write((field) => (field === 'kind' ? 'x' : fields[field]), inline[0]?.('') ?? '', '');
    const sound = text.slice(0, text.lastIndexOf('  - name')).replace(/ +params.*\n/, '');
    const { settings, diagnostics } = await load(sound, { ACME_SECRET: 'qzk-1' });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    if (settings === undefined) throw new Error('no settings');
    expect(JSON.stringify(resolve(settings)))
      .to.contain('[redacted]')
      .and.not.to.contain('qzk');
  });
});

/** Nobody can tell a secret that is written like a path from a path. */
function literal(place: string, secret: string): string {
  return JSON.stringify(place.includes('file') ? secret.replace(/[./]/g, '') : secret);
}

function names<T extends object>(holder: T): [keyof T, ...(keyof T)[]] {
  return Object.keys(holder) as [keyof T, ...(keyof T)[]];
}
