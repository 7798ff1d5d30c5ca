/**
 * Loaded before the gateway (`node --import`), as JavaScript of its own: while the file that `CHAOS_DISK_FAULT` names is there,
 * calls to the file system below a folder fail as it says. Nothing of the gateway knows of it. A write that fails has written
 * half of its bytes, a sync that fails has synced nothing.
 */
import fs, { promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { sep } from 'node:path';
import type { DiskFault } from './fail-disk.js';

type Call = (self: unknown, args: unknown[]) => unknown;
type Kind = DiskFault['calls'][number];

const { existsSync, readFileSync, readlinkSync } = fs;
const control = process.env.CHAOS_DISK_FAULT ?? '';
const numbers = { EIO: -5, ENOSPC: -28, EROFS: -30 };

/** The error that a call of this kind on this path or open file gets; undefined: none. */
function draw(kind: Kind, target: unknown): Error | undefined {
  if (!existsSync(control)) return undefined;
  const fault = readFault();
  if (fault === undefined || !fault.calls.includes(kind) || Math.random() * 100 >= fault.percent) return undefined;
  if (!pathOf(target).startsWith(fault.folder + sep)) return undefined;
  const { error: code } = fault;
  return Object.assign(new Error(`${code}: made by the chaos harness, ${kind}`), { code, errno: numbers[code] });
}

function readFault(): DiskFault | undefined {
  try {
    return JSON.parse(readFileSync(control, 'utf8'));
  } catch {
    // It was taken away just now.
    return undefined;
  }
}

function pathOf(target: unknown): string {
  if (typeof target !== 'number') return String(target);
  try {
    return readlinkSync(`/proc/self/fd/${target}`);
  } catch {
    return '';
  }
}

/** Its symbols go with it: `promisify` needs them. */
function replace(object: object, name: string, wrap: (original: Call) => Call): void {
  const original: unknown = Reflect.get(object, name);
  if (typeof original !== 'function') throw new Error(`this Node has no ${name}`);
  const call = wrap((self, args) => Reflect.apply(original, self, args));
  const replaced = function (this: unknown, ...args: unknown[]): unknown {
    return call(this, args);
  };
  Object.defineProperties(replaced, Object.getOwnPropertyDescriptors(original));
  Reflect.set(object, name, replaced);
}

/** The first argument is the path or the open file, the last one the callback. */
function failCallback(name: string, kindOf: (args: readonly unknown[]) => Kind | undefined): void {
  replace(fs, name, (original) => (self, args) => {
    const kind = kindOf(args);
    const error = kind && draw(kind, args[0]);
    if (error === undefined) return original(self, args);
    const callback = args.at(-1);
    if (typeof callback === 'function') process.nextTick(() => callback(error));
    return undefined;
  });
}

function failPromise(object: object, name: string, kind: Kind, targetOf: Call): void {
  replace(object, name, (original) => async (self, args) => {
    const error = draw(kind, targetOf(self, args));
    if (error !== undefined) throw error;
    return original(self, args);
  });
}

/** Of `fs.write(file, buffer, offset, length, callback)` half of the bytes get there. */
function tearWrite(): void {
  replace(fs, 'write', (original) => (self, args) => {
    const error = draw('write', args[0]);
    const [file, buffer, offset, length] = args;
    const callback = args.at(-1);
    if (error === undefined || typeof length !== 'number' || typeof callback !== 'function')
      return original(self, args);
    return original(self, [file, buffer, offset, length >> 1, () => callback(error)]);
  });
  replace(fs, 'writeSync', (original) => (self, args) => {
    const error = draw('write', args[0]);
    if (error === undefined) return original(self, args);
    const [file, buffer] = args;
    if (Buffer.isBuffer(buffer)) original(self, [file, buffer, 0, buffer.length >> 1]);
    throw error;
  });
}

function changes(flags: unknown): boolean {
  return typeof flags === 'number' ? (flags & fs.constants.O_CREAT) !== 0 : /[aw+]/.test(String(flags));
}

async function install(): Promise<void> {
  const handle = await promises.open('/dev/null', 'r');
  const handles: object = Object.getPrototypeOf(handle);
  await handle.close();
  const path: Call = (_, [first]) => first;
  for (const name of ['sync', 'datasync']) {
    failPromise(handles, name, 'sync', (self) => (self instanceof Object && 'fd' in self ? self.fd : undefined));
  }
  for (const name of ['mkdir', 'rename', 'rm', 'writeFile']) failPromise(promises, name, 'change', path);
  failPromise(promises, 'readFile', 'read', path);
  failCallback('open', ([, flags]) => (changes(flags) ? 'change' : 'read'));
  failCallback('fdatasync', () => 'sync');
  failCallback('read', () => 'read');
  tearWrite();
  syncBuiltinESMExports();
}

if (control !== '') await install();
