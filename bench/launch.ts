import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { LoadJob, LoadResult } from './processes/load.js';

const source = fileURLToPath(new URL('.', import.meta.url));
/** On the disk of the project: the embedded log and the spool are to meet a disk, which /tmp need not be. */
export const scratch = fileURLToPath(new URL('../.cache/bench/', import.meta.url));
const cache = `${scratch}js/`;

/** Core 0 serves (more of them for more workers, where there are more than two); the rest sends and is the broker. */
export interface Cores {
  readonly serving: string;
  readonly others: string;
}

/** Absent where the machine can't pin, or has one core only. */
export function chooseCores(workers: number): Cores | undefined {
  const count = availableParallelism();
  if (count < 2 || spawnSync('taskset', ['-p', String(process.pid)]).status !== 0) return undefined;
  const serving = Math.min(workers, Math.max(1, count - 2));
  return { serving: range(0, serving - 1), others: range(serving, count - 1) };
}

function range(from: number, to: number): string {
  return from === to ? String(from) : `${from}-${to}`;
}

/** This process and all that it starts from now on. */
export function pinOthers(): void {
  // An end from outside takes the servers along.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(130));
  const cores = chooseCores(1);
  if (cores !== undefined) execFileSync('taskset', ['-acp', cores.others, String(process.pid)]);
}

/** The processes of the benchmark run as plain JavaScript, as the gateway does. */
export function transpile(): void {
  for (const folder of ['', 'processes/']) {
    mkdirSync(cache + folder, { recursive: true });
    for (const name of readdirSync(source + folder).filter((each) => each.endsWith('.ts'))) {
      const text = readFileSync(source + folder + name, 'utf8').replaceAll("'../plugins/", `'${source}../plugins/`);
      const compilerOptions = {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
      };
      const { outputText } = ts.transpileModule(text, { compilerOptions });
      writeFileSync(cache + folder + name.replace(/ts$/, 'js'), outputText);
    }
  }
}

export interface ServerProcess {
  readonly pid: number;
  /** What it said on its first line. */
  readonly said: { readonly url: string; readonly adminUrl?: string };
  stop(): Promise<void>;
}

/** Runs node on the serving cores; resolves with the first line of JSON on stdout. Everything else goes to `log`. */
export async function launch(
  args: readonly string[],
  { log, workers = 1, environment = {} }: { log: string; workers?: number; environment?: { [name: string]: string } },
): Promise<ServerProcess> {
  const cores = chooseCores(workers);
  const command = [...(cores === undefined ? [] : ['taskset', '-c', cores.serving]), process.execPath, ...args];
  mkdirSync(dirname(log), { recursive: true });
  const file = openSync(log, 'a');
  const [program = '', ...rest] = command;
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', file], env: { ...process.env, ...environment } });
  if (child.stdout === null) throw new Error('no output');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').finally(() => process.off('exit', kill));
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
    ended.then(() => undefined),
  ]);
  if (!line?.endsWith('}')) throw new Error(`${command.join(' ')} does not start: ${readFileSync(log, 'utf8')}`);
  return {
    pid: child.pid ?? 0,
    said: JSON.parse(line),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The args to run one of `bench/processes/`. */
export function processArgs(name: string, ...args: string[]): string[] {
  return [`${cache}processes/${name}.js`, ...args];
}

export interface Load {
  run(job: LoadJob): Promise<LoadResult>;
  stop(): void;
}

export function startLoad(): Load {
  const child: ChildProcess = spawn(process.execPath, processArgs('load'), { stdio: ['ignore', 2, 2, 'ipc'] });
  return {
    async run(job) {
      child.send(job);
      const over = new AbortController();
      const ended = once(child, 'exit', { signal: over.signal }).then(() => [{ error: 'its process has ended' }]);
      const [answer] = await Promise.race([once(child, 'message'), ended]);
      over.abort();
      await ended.catch(() => undefined);
      const { result, error }: { result?: LoadResult; error?: string } = answer;
      if (result === undefined) throw new Error(`the load failed: ${error}`);
      return result;
    },
    stop: () => child.disconnect(),
  };
}
