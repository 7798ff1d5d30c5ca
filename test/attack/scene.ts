import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import type { PluginDeclaration } from '../../src/config/plugins/declaration.js';
import { type Example, listExamples } from '../../src/config/plugins/examples.js';
import { readPlugin } from '../../src/config/plugins/load.js';
import type { Endpoint } from '../../src/core/model.js';
import { developmentSecrets } from '../../src/testing/plugins/secrets.js';

export const site = 'https://hooks.example.com';
/** What secrets that are texts begin with: good as hex and as base64, and nowhere else to be found. */
const secretMark = 'a77acca77acca77a';
/** The same of a secret that the provider sends in the body, which becomes a record as it is. */
const bodyMark = 'b0d1cab0d1cab0d1';

/** An endpoint, and how the provider signs what it sends there. */
export interface Target {
  readonly endpoint: Endpoint;
  readonly declaration: PluginDeclaration;
  readonly examples: readonly Example[];
  /** False where the key has to be fetched: nobody can sign for it here. */
  readonly honest: boolean;
}

export interface Scene {
  readonly file: string;
  readonly folder: string;
  /** The topic of dead letters. */
  readonly deadLetters: string;
  /** One for each plugin, and one more for each that fetches its keys. */
  readonly targets: readonly Target[];
  remove(): void;
}

interface Planned {
  readonly plugin: string;
  readonly declaration: PluginDeclaration;
  readonly path: string;
  readonly secrets: ReadonlyMap<string, string>;
  readonly honest: boolean;
}

/** A configuration with all plugins of `root`, in a folder of its own under `parent`. `only`: names of plugins; empty: all. */
export async function makeScene(root: string, parent: string, only: readonly string[] = []): Promise<Scene> {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'attack-'));
  const planned = await plan(join(root, 'plugins'), only);
  const file = join(folder, 'config/gateway.yaml');
  write(file, stringify(configuration(root, planned, folder)));
  const { settings, diagnostics } = await loadConfig(file, process.env, Date.now());
  if (settings === undefined) throw new Error(JSON.stringify(diagnostics, undefined, 1));
  const targets = await Promise.all(
    settings.endpoints.map(async (endpoint) => {
      const found = planned.find(({ path }) => path === endpoint.path);
      if (found === undefined) throw new Error(`${endpoint.path} is not planned`);
      const examples = await listExamples(endpoint.provider.folder);
      return { endpoint, declaration: found.declaration, examples, honest: found.honest };
    }),
  );
  return {
    file,
    folder,
    targets,
    deadLetters: settings.deadLetter.topic,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function plan(plugins: string, only: readonly string[]): Promise<Planned[]> {
  const names = readdirSync(plugins, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && (only.length === 0 || only.includes(entry.name)))
    .map(({ name }) => name);
  const planned: Planned[] = [];
  for (const plugin of names) {
    const { source, provider } = await loadDeclared(join(plugins, plugin));
    const secrets = new Map([...developmentSecrets(source, 0)].map(([kind, text]) => [kind, mark(source, kind, text)]));
    const both = { plugin, declaration: source };
    // Where the plugin itself has the public key, only the provider can sign, and there is nothing to begin with.
    if (JSON.stringify(source.signature).includes('"public":')) continue;
    planned.push({ ...both, path: `/webhooks/${plugin}`, secrets, honest: true });
    if (!provider) continue;
    const without = new Map([...secrets].filter(([, text]) => !text.includes('PRIVATE KEY')));
    planned.push({ ...both, path: `/fetching/${plugin}`, secrets: without, honest: false });
  }
  return planned;
}

/** A declaration, and whether it has keys that are fetched. */
async function loadDeclared(folder: string): Promise<{ source: PluginDeclaration; provider: boolean }> {
  const { source, diagnostics } = await readPlugin(folder);
  if (source === undefined) throw new Error(JSON.stringify(diagnostics));
  const { declaration } = source;
  return { source: declaration, provider: JSON.stringify(declaration.signature).includes('"remote":') };
}

function mark({ name, signature, payload }: PluginDeclaration, kind: string, text: string): string {
  const encrypts = [payload ?? []].flat().some(({ decrypt }) => decrypt?.secret === kind);
  if (text.includes('PRIVATE KEY') || encrypts) return text;
  const declared = JSON.stringify(signature);
  const inBody = declared.includes('"algorithm":"equals"') && /"from":"\{(json|item|form)/.test(declared);
  const begin = inBody ? bodyMark : secretMark;
  const tail = createHash('sha256').update(`${name} ${kind}`).digest('hex').slice(begin.length);
  return (text.startsWith('gateway:') ? 'gateway:' : '') + begin + tail;
}

const inRecords = formsOf(secretMark);
const anywhere = [...inRecords, ...formsOf(bodyMark)];

/** A secret as it is, or in base64. `where`: in records, a body may have one in it. */
export function hasSecret(text: string, where: 'in records' | 'anywhere' = 'anywhere'): boolean {
  return (where === 'anywhere' ? anywhere : inRecords).some((form) => text.includes(form));
}

/** In base64 it may stand after any number of bytes. */
function formsOf(mark: string): readonly string[] {
  const inBase64 = [0, 1, 2].map((before) =>
    Buffer.from('x'.repeat(before) + mark)
      .toString('base64')
      .slice(4, -4),
  );
  return ['PRIVATE KEY', mark, ...inBase64];
}

function configuration(root: string, planned: readonly Planned[], folder: string): object {
  return {
    version: 1,
    server: {
      listen: '127.0.0.1:0',
      publicUrl: site,
      shutdownDelay: '0s',
      drain: '5s',
      // So that each hostile request gets to what it is aimed at: an address that proves nothing is shut out after a thousand of them.
      limits: { unprovenPerAddress: 1_000_000 },
    },
    admin: { listen: '127.0.0.1:0' },
    plugins: [join(root, 'plugins')],
    embedded: { dir: '../data/log' },
    dedupe: { window: '72h', dir: '../data/dedupe' },
    endpoints: planned.map(({ plugin, declaration, path, secrets }) => {
      const name = path.slice(1).replace('/', '-');
      const files = [...secrets].map(([kind, text]) => {
        const file = `secrets/${name}-${kind || 'secret'}`;
        write(join(folder, file), `${text}\n`);
        return { name: kind || 'current', file: `../${file}` };
      });
      const params = Object.keys(declaration.params ?? {}).map((param) => [param, `made_up_${param}`]);
      return {
        name,
        provider: plugin,
        path,
        accept: ['signature-body-unbound', 'event-unbound'],
        ...(files.length > 0 && { secrets: files }),
        ...(params.length > 0 && { params: Object.fromEntries(params) }),
      };
    }),
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, text, { mode: 0o600 });
}
