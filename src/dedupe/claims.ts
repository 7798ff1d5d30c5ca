import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';

/** Which process publishes which event at the moment, as far as several share a folder. Everything throws what lmdb throws. */
export interface Claims {
  /** Claims the event, unless another live process holds it. `hung`: the mark of a holder that is no longer waited for. */
  take(key: Buffer, hung?: Buffer): Claim;
  /** Whether it is held as it was, by a process that is alive. */
  isHeld(key: Buffer, holder: Buffer): boolean;
  /** Gives up what `take` gave; nothing if somebody else has it since. */
  release(key: Buffer, mark: Buffer): void;
  close(): Promise<void>;
}

export type Claim = { readonly mark: Buffer } | { readonly holder: Buffer };

/** Pid, a random number that tells this process from a later one with the same pid; then who in it, and which of its claims. */
const pidLength = 4;
const processLength = 12;
const thisProcess = Buffer.concat([uint32(process.pid), randomBytes(processLength - pidLength)]);
let opened = 0;

/**
 * Opens the claims in a folder and clears away those of dead processes. A claim costs one transaction of some 15 µs that is
 * never synced: claims mean nothing after a crash of the machine, so each boot has its own file. They are decided at once, so that events are published in
 * the order in which they came.
 */
export function openClaims(dir: string): Claims {
  const claims = open<Buffer, Buffer>({
    ...{ path: makeFolder(dir), noSubdir: false, encoding: 'binary', keyEncoding: 'binary' },
    ...{ noSync: true, overlappingSync: false, eventTurnBatching: false },
  });
  const self = Buffer.concat([thisProcess, uint32(opened++)]);
  let count = 0;
  claims.transactionSync(() => {
    const dead = [...claims.getRange()].filter(({ value }) => !isAlive(value));
    for (const { key } of dead) claims.removeSync(key);
  });

  return {
    take(key, hung) {
      return claims.transactionSync((): Claim => {
        const holder = claims.get(key);
        // A claim of our own is one that a full disk kept us from giving up.
        const free = holder === undefined || holder.indexOf(self) === 0 || !isAlive(holder) || hung?.equals(holder);
        if (!free) return { holder };
        const mark = Buffer.concat([self, uint32(count++)]);
        claims.putSync(key, mark);
        return { mark };
      });
    },
    isHeld(key, holder) {
      return claims.get(key)?.equals(holder) === true && isAlive(holder);
    },
    release(key, mark) {
      claims.transactionSync(() => {
        if (claims.get(key)?.equals(mark)) claims.removeSync(key);
      });
    },
    close: () => claims.close(),
  };
}

function makeFolder(dir: string): string {
  const name = `claims-${bootId()}`;
  mkdirSync(join(dir, name), { recursive: true });
  const others = readdirSync(dir).filter((other) => other.startsWith('claims-') && other !== name);
  for (const other of others) rmSync(join(dir, other), { recursive: true, force: true });
  return join(dir, name);
}

/** Linux tells; elsewhere there is one file for all boots. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return 'any';
  }
}

function isAlive(mark: Buffer): boolean {
  const pid = mark.readUInt32BE(0);
  if (pid === process.pid) return mark.subarray(0, processLength).equals(thisProcess);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number % 2 ** 32);
  return bytes;
}
