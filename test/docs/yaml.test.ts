import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { runCasebook } from '../../src/testing/cases/run.js';
import { makeDirectory } from '../e2e/cli.js';
import { fencesOf, readPage, root } from './fences.js';
import { fences } from './markdown.js';

const secret = 'whsec_ZXhhbXBsZSBvZiB0aGUgZG9jdW1lbnRhdGlvbg';
const known: ReadonlySet<string> = new Set(
  Object.keys(JSON.parse(readFileSync(join(root, 'schemas/gateway.schema.json'), 'utf8')).properties),
);
/** What a page leaves out when it shows a part of a configuration. */
const rest: readonly (readonly [missing: readonly string[], line: string])[] = [
  [['version'], 'version: 1'],
  [['plugins'], 'plugins: plugins'],
  [['kafka', 'embedded'], 'embedded: { dir: data }'],
  [
    ['endpoints'],
    `endpoints:\n  - { provider: stripe, path: /webhooks/stripe, secrets: [{ name: current, env: SECRET }] }`,
  ],
];

type Kind = 'gateway' | 'plugin' | 'tests' | 'other';

/** By its keys; `other` is for other programs, such as Kubernetes. */
function kindOf(text: string): Kind {
  const first: unknown = parseAllDocuments(text)[0]?.toJS();
  const keys = typeof first === 'object' && first !== null ? Object.keys(first) : [];
  if (keys.includes('signature')) return 'plugin';
  if (keys.includes('cases')) return 'tests';
  return keys.every((key) => known.has(key) || key.startsWith('x-')) ? 'gateway' : 'other';
}

function complete(text: string): string {
  const keys = Object.keys(parse(text));
  const lines = rest.flatMap(([missing, line]) => (missing.some((key) => keys.includes(key)) ? [] : [`${line}\n`]));
  return text + lines.join('');
}

/** A value for every variable that the text names. */
function listVariables(text: string): { [name: string]: string } {
  const names = [...text.matchAll(/\$\{(\w+)\}|\benv: *(\w+)/g)].map(([, one, other]) => one ?? other ?? '');
  const values: { [name: string]: string } = { SECRET: secret };
  for (const name of names) values[name] = name.includes('KEY') ? randomBytes(32).toString('hex') : secret;
  values.KAFKA_BOOTSTRAP_SERVERS = '127.0.0.1:9092';
  return values;
}

describe('the YAML of the documentation', () => {
  const directory = makeDirectory({});
  before(() => {
    for (const folder of ['config', 'plugins', 'schemas']) {
      cpSync(join(root, folder), join(directory.path, folder), { recursive: true });
    }
  });
  after(() => directory.remove());

  /** Files that the text names become files in the folder. */
  function placeFiles(text: string): string {
    return text.replaceAll(/(?<=\b(?:file|cert|key|clientCa|tokenFile|ca): *)([\w./-]+)/g, (path) => {
      const name = path.replaceAll('/', '_');
      writeFileSync(join(directory.path, name), secret, { mode: 0o600 });
      return name;
    });
  }

  async function expectClean(name: string, text: string): Promise<void> {
    const path = join(directory.path, name);
    writeFileSync(path, placeFiles(text));
    const { diagnostics, settings } = await loadConfig(path, listVariables(text), Date.UTC(2026, 10, 1));
    expect(diagnostics).to.deep.equal([]);
    expect(settings?.endpoints).not.to.be.empty;
  }

  for (const [index, { page, text }] of fencesOf('yaml').entries()) {
    const title = `${page}: ${text.split('\n').find((line) => !/^#|^version/.test(line))}`;
    const kind = kindOf(text);
    if (kind === 'gateway') it(title, () => expectClean(`gateway-${index}.yaml`, complete(text)));
    if (kind === 'tests') it(title, () => expectPassing(`docs-${index}.yaml`, text));
    if (kind === 'plugin') it(title, () => expectSound(page, text));
    if (kind === 'other') {
      it(`${title}: can be read`, () => {
        for (const { errors } of parseAllDocuments(text)) expect(errors).to.deep.equal([]);
      });
    }
  }

  async function expectPassing(name: string, text: string): Promise<void> {
    const file = join(directory.path, 'config/tests', name);
    writeFileSync(file, text);
    const env = { STRIPE_WEBHOOK_SECRET: secret };
    const { settings } = await loadConfig(join(directory.path, 'config/gateway.yaml'), env, Date.now());
    const { endpoints = [] } = settings ?? {};
    const options = { endpoints, largest: 1024 * 1024, deadLetterTopic: 'webhooks.dlq', now: Date.now() };
    const { cases, diagnostics } = await runCasebook(file, options);
    expect(diagnostics).to.deep.equal([]);
    expect(cases.filter(({ passed }) => !passed)).to.deep.equal([]);
    expect(cases).not.to.be.empty;
  }

  /** With the JSON Schema that its page has beside it. */
  async function expectSound(page: string, text: string): Promise<void> {
    const { name }: { name: string } = parse(text);
    const folder = join(directory.path, 'plugins', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'plugin.yaml'), text);
    const schema = fences(readPage(page)).find(({ language }) => language === 'json');
    if (schema !== undefined) writeFileSync(join(folder, 'event.schema.json'), schema.text);
    const endpoint = `endpoints:\n  - { provider: ${name}, path: /in/${name}, secrets: [{ name: current, env: SECRET }] }\n`;
    await expectClean(`${name}.yaml`, complete(endpoint));
  }
});
