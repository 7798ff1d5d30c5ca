/**
 * What linting costs beside the parsing of YAML: 120 plugins and 200 endpoints, each side in processes of its own, in
 * turns. Prints medians and their ratio, of the clock and of CPU: where others work, the latter is steadier. `npm run bench:lint -- --rounds 7`
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const plugins = join(root, 'plugins');

/** Every plugin in turn, until there are so many endpoints; secrets and parameters as the plugins ask for them. */
async function writeConfig(folder: string, endpoints: number): Promise<{ file: string; env: NodeJS.ProcessEnv }> {
  const { listPlugins, openPlugin } = await import('../src/config/plugins/catalogue.js');
  const { developmentSecrets } = await import('../src/testing/plugins/secrets.js');
  const opened = await Promise.all([...(await listPlugins([plugins]))].map(([name, path]) => openPlugin(name, path)));
  const env: Record<string, string> = {};
  const lines = Array.from({ length: endpoints }, (_, index) => {
    const plugin = opened[index % opened.length];
    if (plugin?.sound === undefined) throw new Error(`plugin ${plugin?.name} has faults`);
    const { declaration } = plugin.sound;
    const secrets = [...developmentSecrets(declaration)].map(([kind, text]) => {
      const name = `S_${plugin.name}_${kind}`.toUpperCase();
      env[name] = text;
      return `{ name: ${kind || 'current'}, env: ${name} }`;
    });
    const params = Object.keys(declaration.params ?? {}).map((name) => `${name}: "${name}"`);
    return [
      `  - name: ${plugin.name}-${index}`,
      `    provider: ${plugin.name}`,
      `    path: /webhooks/${plugin.name}/${index}`,
      ...(secrets.length === 0 ? [] : [`    secrets: [${secrets.join(', ')}]`]),
      ...(params.length === 0 ? [] : [`    params: { ${params.join(', ')} }`]),
      '    accept: [signature-body-unbound, event-unbound]',
      `    routes:\n      - { events: ["*"], when: $exists($headers.'x-route-${index}'), topic: webhooks.special.${index} }`,
    ].join('\n');
  });
  const head = `version: 1\nserver: { publicUrl: "https://hooks.example.com" }\nembedded: { dir: ../data }\nplugins: ${plugins}\nendpoints:\n`;
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, `${head}${lines.join('\n')}\n`);
  return { file, env };
}

const parse = `
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
const files = process.argv.slice(1).map((file) => readFileSync(file, 'utf8'));
const start = performance.now();
const before = process.cpuUsage();
for (const text of files) parseDocument(text).toJS();
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ wall: performance.now() - start, cpu: (user + system) / 1000 }));
`;
const lint = `
import { lint } from ${JSON.stringify(join(root, 'dist/testing/lint/lint.js'))};
const start = performance.now();
const before = process.cpuUsage();
const { diagnostics } = await lint([{ config: process.argv[1] }], process.env, Date.now());
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ wall: performance.now() - start, cpu: (user + system) / 1000 }));
process.stderr.write(diagnostics.map(({ rule, severity, message }) => severity + ' ' + rule + ' ' + message + '\\n').join(''));
`;

/** Milliseconds. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

function measure(script: string, args: readonly string[], env: NodeJS.ProcessEnv): Cost {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  if (stderr !== '') process.stderr.write(stderr);
  return JSON.parse(stdout);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const { rounds } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } }).values;
const folder = mkdtempSync(join(tmpdir(), 'gateway-bench-lint-'));
try {
  const { file, env } = await writeConfig(folder, 200);
  const names = readdirSync(plugins).filter((name) => statSync(join(plugins, name)).isDirectory());
  const yaml = [file, ...names.map((name) => join(plugins, name, 'plugin.yaml'))];
  const bytes = yaml.reduce((sum, path) => sum + readFileSync(path).length, 0);
  const [parsing, linting]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round < Number(rounds); round++) {
    parsing.push(measure(parse, yaml, {}));
    linting.push(measure(lint, [file], env));
  }
  const say = (costs: readonly Cost[], of: keyof Cost) => median(costs.map((cost) => cost[of])).toFixed(0);
  const ratio = (of: keyof Cost) =>
    median(linting.map((cost, round) => cost[of] / (parsing[round]?.[of] ?? 1))).toFixed(2);
  process.stdout.write(
    `${names.length} plugins, 200 endpoints, ${Math.round(bytes / 1024)} KiB of YAML, ${rounds} rounds in turns\n` +
      `parse the YAML  ${say(parsing, 'wall')} ms, ${say(parsing, 'cpu')} of CPU\n` +
      `lint            ${say(linting, 'wall')} ms, ${say(linting, 'cpu')} of CPU\n` +
      `ratio           ${ratio('wall')}, ${ratio('cpu')} of CPU\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
