import type { Clock } from '../../util/clock.js';
import { isAlive, startOf } from '../../util/process-identity.js';
import { Chain } from './chain.js';
import { format, kinds, readKey, readKind, readMark, writeMark } from './entry.js';
import type { Folder } from './folder.js';

/** Which process publishes which event at the moment, as far as several share a folder. Everything throws what the disk throws. */
export interface Claims {
  /** Claims the event, unless another live process holds it. `hung`: the mark of a holder that is no longer waited for. */
  take(key: string, hung?: string): EventClaim;
  /** Whether it is held as it was, by a process that is alive. */
  isHeld(key: string, holder: string): boolean;
  /** Gives up what `take` gave; nothing if somebody else has it since. */
  release(claims: readonly { readonly key: string; readonly mark: string }[]): void;
  close(): Promise<void>;
}

export type EventClaim = { readonly mark: string } | { readonly holder: string };

interface Holder {
  readonly mark: string;
  /** Number of the file in which it is claimed. */
  readonly number: number;
}

/** Some 280,000 claims. Two files are kept: more than half a minute, after which nobody waits for a holder. */
const mostFileBytes = 16_000_000;
let opened = 0;

/**
 * Opens the claims in a folder. They are a chain, too: of two processes that claim an event, all see the same one first. A
 * claim costs a write of 56 bytes and a read, 2 µs in all, decided at once, so that events are published in the order in
 * which they came. Nobody syncs it: claims mean nothing after a crash of the machine.
 */
export async function openClaims(folder: Folder, clock: Clock, fileBytes = mostFileBytes): Promise<Claims> {
  const holders = new Map<string, Holder>();
  const self = nameThisProcess();
  let count = 0;
  const chain = await Chain.open({
    folder,
    name: 'claims',
    follow: clock,
    onTurn: prune,
    onDamage: () => undefined,
    visit({ number, from, at }) {
      const key = readKey(from, at);
      const mark = readMark(from, at);
      const kind = readKind(from, at);
      const holder = holders.get(key);
      if (kind === kinds.claim && holder === undefined) holders.set(key, { mark, number });
      if (kind === kinds.release && holder?.mark === mark) holders.delete(key);
    },
  });
  prune(chain);

  /** Everybody forgets the same claims at the same place of the chain. */
  function prune(chain: Chain): void {
    const oldest = chain.current - 1;
    for (const [key, { number }] of holders) if (number < oldest) holders.delete(key);
    for (const number of chain.numbers) if (number < oldest) chain.drop(number);
  }

  function take(key: string, hung?: string): EventClaim {
    const mark = self + uint(count++, 3);
    const over = hung ?? findOver(key);
    const release = over === undefined ? [] : [{ kind: kinds.release, key, mark: over }];
    append([...release, { kind: kinds.claim, key, mark }]);
    const holder = holders.get(key)?.mark ?? mark;
    return holder === mark ? { mark } : { holder };
  }

  /** A holder that is no more. A claim of our own is one that a full disk kept us from giving up. */
  function findOver(key: string): string | undefined {
    const holder = holders.get(key)?.mark;
    return holder === undefined || (!holder.startsWith(self) && lives(holder)) ? undefined : holder;
  }

  function append(entries: readonly { kind: 4 | 5; key: string; mark: string }[]): void {
    const bytes = Buffer.allocUnsafe(entries.length * format.size);
    for (const [index, { kind, key, mark }] of entries.entries())
      writeMark(bytes, index * format.size, kind, key, mark);
    chain.appendNow(bytes);
    if (chain.length >= fileBytes) chain.turn();
  }

  return {
    take,
    isHeld(key, holder) {
      chain.follow();
      return holders.get(key)?.mark === holder && lives(holder);
    },
    release: (claims) => append(claims.map((claim) => ({ kind: kinds.release, ...claim }))),
    close: () => chain.close(),
  };
}

/** When a process was started tells it from a later one with the same id, as in a container that was started again. */
function nameThisProcess(): string {
  return uint(process.pid, 4) + uint(startOf(process.pid) ?? 0, 4) + uint(opened++, 1);
}

function lives(mark: string): boolean {
  const bytes = Buffer.from(mark, 'latin1');
  const start = bytes.readUInt32LE(4);
  const actual = startOf(bytes.readUInt32LE(0));
  return isAlive(bytes.readUInt32LE(0)) && (actual === undefined || actual % 2 ** 32 === start);
}

function uint(number: number, length: number): string {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntLE(number % 2 ** (8 * length), 0, length);
  return bytes.toString('latin1');
}
