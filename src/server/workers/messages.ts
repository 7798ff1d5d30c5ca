import type { Listen } from '../../config/settings.js';
import type { ExitReason } from '../../exit.js';
import type { WorkerAnswer, WorkerQuestion } from '../../inspector/questions.js';
import type { FromPeer, ToPeer } from '../../storage/spool/peers.js';
import type { Snapshot } from '../../util/read-text.js';
import type { Unready } from '../http/admin.js';
import type { Level } from '../telemetry/log.js';
import type { Reading } from '../telemetry/metrics.js';

/** A configuration that the primary has found sound, as a worker loads it again: with the same result, whatever has happened to the files since. */
export interface ConfigSource {
  readonly file: string;
  /** Milliseconds since the epoch, of the primary's load. */
  readonly now: number;
  readonly snapshot: Snapshot;
}

/** What the primary tells a worker. */
export type ToWorker =
  | {
      readonly kind: 'run';
      readonly slot: number;
      readonly of: number;
      readonly listen: Listen;
      readonly source: ConfigSource;
      readonly level: Level;
    }
  | { readonly kind: 'reload'; readonly source: ConfigSource }
  | { readonly kind: 'level'; readonly level: Level }
  | { readonly kind: 'measure' }
  /** About the deliveries that it has seen. `id`: of the question, for its answer. */
  | { readonly kind: 'ask'; readonly id: number; readonly question: WorkerQuestion }
  /** About the lanes that workers have together. */
  | { readonly kind: 'peers'; readonly messages: readonly ToPeer[] }
  /** At the end: no worker takes requests any more. */
  | { readonly kind: 'quiet' }
  /** `delay`: see `Gateway.close`. */
  | { readonly kind: 'stop'; readonly delay: number };

/** What a worker tells the primary. */
export type ToPrimary =
  /** It waits for `run`. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'listening'; readonly url: string }
  /** Whether it takes webhooks, or why not. */
  | { readonly kind: 'ready'; readonly unready?: Unready | undefined }
  | { readonly kind: 'reloaded' }
  /** About the lanes that workers have together. */
  | { readonly kind: 'peers'; readonly messages: readonly FromPeer[] }
  | { readonly kind: 'measured'; readonly readings: readonly Reading[] }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: WorkerAnswer | undefined }
  /** Its event loop runs: said every `heartbeat` milliseconds from `waiting` on. */
  | { readonly kind: 'alive' }
  /** At the end: it takes no requests any more. */
  | { readonly kind: 'quiet' }
  /** It can't start, and ends. */
  | { readonly kind: 'failed'; readonly reason: ExitReason; readonly message: string };

/** Milliseconds. */
export const heartbeat = 1_000;
