import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * No name is looked up, so that no request leaves this machine: each look-up is a line in a file, and fails. What asks for a
 * key has asked for a name.
 */
const withoutNetwork = (file: string) => `
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
const real = dns.lookup;
dns.lookup = (name, options, done) => {
  const answer = typeof options === 'function' ? options : done;
  if (name === 'localhost' || /^[0-9.:]+$/.test(name)) return real(name, options, done);
  appendFileSync(${JSON.stringify(file)}, name + '\\n');
  setImmediate(answer, Object.assign(new Error('no network'), { code: 'ENOTFOUND' }));
};`;

/** The built gateway as a process, and what can be seen of it from outside. */
export class GatewayProcess {
  readonly log: string;
  url = '';
  adminUrl = '';
  /** How it ended, if it has. */
  end: string | undefined;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #lookups: string;

  /** `root`: the package, built. `folder`: where it writes. */
  constructor(
    root: string,
    file: string,
    readonly folder: string,
  ) {
    this.log = join(folder, 'gateway.log');
    this.#lookups = join(folder, 'lookups');
    const preload = `data:text/javascript,${encodeURIComponent(withoutNetwork(this.#lookups))}`;
    const args = ['--import', preload, join(root, 'bin/run.js'), 'start', file, '--json'];
    const log = openSync(this.log, 'a');
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', log], cwd: folder });
    const kill = () => this.#child.kill('SIGKILL');
    process.once('exit', kill);
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => {
      this.end = String(signal ?? code);
      process.off('exit', kill);
    });
  }

  async ready(): Promise<void> {
    if (this.#child.stdout === null) throw new Error('no output');
    const line = once(createInterface({ input: this.#child.stdout }), 'line').then(([text]) => String(text));
    const first = await Promise.race([line, this.#ended]);
    if (typeof first !== 'string') throw new Error(`the gateway does not start: ${readFileSync(this.log, 'utf8')}`);
    const said: { url: string; adminUrl: string } = JSON.parse(first);
    this.url = said.url;
    this.adminUrl = said.adminUrl;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 15_000);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Resident bytes. */
  memory(): number {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(this.#proc('status'))?.[1] ?? 0);
  }

  descriptors(): number {
    return this.end === undefined ? readdirSync(`/proc/${this.#child.pid}/fd`).length : 0;
  }

  #proc(name: string): string {
    return this.end === undefined ? readFileSync(`/proc/${this.#child.pid}/${name}`, 'utf8') : '';
  }

  /** Files that it has open. */
  files(): number {
    if (this.end !== undefined) return 0;
    const folder = `/proc/${this.#child.pid}/fd`;
    return readdirSync(folder).filter((name) => isFile(join(folder, name))).length;
  }

  /** Names that it wanted to connect to, each time. */
  lookups(): readonly string[] {
    return existsSync(this.#lookups) ? readFileSync(this.#lookups, 'utf8').trim().split('\n') : [];
  }

  async ask(path: string): Promise<string> {
    return (await fetch(this.adminUrl + path)).text();
  }
}

function isFile(descriptor: string): boolean {
  try {
    return readlinkSync(descriptor).startsWith('/');
  } catch {
    // It was closed in the meantime.
    return false;
  }
}

/** All files below a folder. */
export function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

export function sizeOf(folder: string): number {
  return listFiles(folder).reduce((sum, file) => sum + statSync(file).size, 0);
}
