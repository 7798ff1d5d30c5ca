import { eventTopics } from './events.js';
import type { Random } from './random.js';

/** What is done to the gateway or to Kafka. `hold`: seconds until it is undone. `broker`: 0, 1 or 2. */
export type Fault =
  | { readonly kind: 'kill-gateway' }
  | { readonly kind: 'kill-worker'; readonly worker: number }
  | { readonly kind: 'kill-broker'; readonly broker: number; readonly hold: number }
  | { readonly kind: 'kill-controller'; readonly hold: number }
  | { readonly kind: 'halt-broker'; readonly broker: number; readonly hold: number }
  | { readonly kind: 'move-leaders'; readonly shift: number }
  | { readonly kind: 'skew-clock'; readonly seconds: number }
  /** All brokers; half-way, a crash of the gateway or of a worker may come on top. */
  | {
      readonly kind: 'outage';
      readonly how: 'kill' | 'halt';
      readonly crash: Crash['what'] | 'none';
      readonly hold: number;
    }
  /** A worker that hangs: the gateway has to find out and to replace it. */
  | { readonly kind: 'hang-worker'; readonly worker: number }
  /** A broker is killed while all three have to have each record. */
  | { readonly kind: 'miss-replicas'; readonly broker: number; readonly hold: number }
  /** `topic`: one of those that events go to. */
  | { readonly kind: 'add-partition'; readonly topic: number }
  | { readonly kind: 'delete-topic' }
  /** The topic takes batches of so many bytes at most; spooled records that it refuses are parked, and sent afterwards. */
  | { readonly kind: 'limit-size'; readonly topic: number; readonly bytes: number; readonly hold: number }
  | { readonly kind: 'forbid-writing'; readonly topic: number; readonly hold: number }
  /** All brokers are halted as well, so that the spool is what is needed. */
  | { readonly kind: 'fill-disk'; readonly hold: number }
  /** Two gateways on the same folders, the second one in a PID namespace of its own. */
  | { readonly kind: 'second-gateway'; readonly fate: 'is-refused' | 'takes-over'; readonly hold: number }
  /** All that is in the spool's folder is deleted or moved while all brokers are halted. `wait`: milliseconds until the crash. */
  | {
      readonly kind: 'lose-folder';
      readonly how: 'delete' | 'move';
      readonly crash: Crash['what'] | 'none';
      readonly wait: number;
      readonly hold: number;
    }
  /** The volume that the spool is on goes away and comes back; all brokers are halted for the first part. */
  | { readonly kind: 'unmount'; readonly hold: number }
  /** So many of a hundred calls to the spool's disk fail, of those that `on` stands for, while all brokers are halted and when they are back. */
  | {
      readonly kind: 'fail-disk';
      readonly error: 'EIO' | 'ENOSPC' | 'EROFS';
      readonly on: 'sync' | 'write' | 'read';
      readonly percent: number;
      readonly hold: number;
    }
  /** SIGTERM and a start. */
  | { readonly kind: 'restart' }
  /** SIGTERM and a start while all brokers are unavailable. */
  | {
      readonly kind: 'stop-in-outage';
      readonly how: 'kill' | 'halt';
      readonly hold: number;
    }
  /** All brokers are halted; the crash comes when the first spooled records are acknowledged. So many times. */
  | { readonly kind: 'kill-in-drain'; readonly what: Crash['what']; readonly kills: number; readonly hold: number };

/** A kill -9 of the whole gateway or of one worker. `at` in milliseconds since the epoch. */
export interface Crash {
  readonly at: number;
  readonly what: 'gateway' | 'worker';
}

export interface Step<Of = Fault> {
  /** Seconds of undisturbed running before it. */
  readonly pause: number;
  readonly fault: Of;
}

export const faultKinds: readonly Fault['kind'][] = [
  'kill-gateway',
  'kill-worker',
  'kill-broker',
  'kill-controller',
  'halt-broker',
  'move-leaders',
  'skew-clock',
  'outage',
  'fill-disk',
  'hang-worker',
  'miss-replicas',
  'add-partition',
  'delete-topic',
  'limit-size',
  'forbid-writing',
  'second-gateway',
  'lose-folder',
  'unmount',
  'fail-disk',
  'restart',
  'stop-in-outage',
  'kill-in-drain',
];
type DiskFailure = Pick<Extract<Fault, { kind: 'fail-disk' }>, 'error' | 'on'>;

const diskFailures: readonly [DiskFailure, ...DiskFailure[]] = [
  { error: 'EIO', on: 'sync' },
  { error: 'EIO', on: 'write' },
  { error: 'EIO', on: 'read' },
  { error: 'ENOSPC', on: 'write' },
  { error: 'EROFS', on: 'write' },
];

/** Seconds until everything runs again after a fault, at the least: who plays a schedule breaks it off when the time is over. */
const recovery = 3;

/** SIGTERM. `at` in milliseconds since the epoch. */
export interface Stop {
  readonly at: number;
}

/** All that was in the spool's folder is gone from it. Times in milliseconds since the epoch. */
export interface Wipe {
  /** Kafka is unavailable since then. */
  readonly from: number;
  readonly at: number;
}

/** Rounds in which every kind of fault comes once, until they fill the minutes. */
export function drawSchedule(random: Random, minutes: number, kinds = faultKinds): readonly Step[] {
  return drawRounds(random, minutes, kinds, draw);
}

/** The same of faults of any sort. */
export function drawRounds<Of extends { readonly kind: string; readonly hold?: number }>(
  random: Random,
  minutes: number,
  kinds: readonly Of['kind'][],
  drawOne: (kind: Of['kind'], random: Random) => Of,
): readonly Step<Of>[] {
  const steps: Step<Of>[] = [];
  for (let seconds = 0; ; ) {
    for (const kind of random.shuffle(kinds)) {
      const step = { pause: random.integer(2, 8), fault: drawOne(kind, random) };
      seconds += step.pause + (step.fault.hold ?? 0) + recovery;
      if (seconds > minutes * 60) return steps;
      steps.push(step);
    }
  }
}

function draw(kind: Fault['kind'], random: Random): Fault {
  const broker = random.integer(0, 2);
  const topic = random.integer(0, eventTopics.length - 1);
  switch (kind) {
    case 'kill-gateway':
      return { kind };
    case 'kill-worker':
      return { kind, worker: random.integer(0, 1) };
    case 'kill-broker':
      return { kind, broker, hold: random.integer(1, 8) };
    case 'kill-controller':
      return { kind, hold: random.integer(1, 8) };
    case 'halt-broker':
      return { kind, broker, hold: random.integer(5, 15) };
    case 'move-leaders':
      return { kind, shift: random.integer(1, 2) };
    case 'skew-clock':
      return { kind, seconds: random.integer(-30, 30) };
    case 'outage': {
      const how = random.pick(['kill', 'halt']);
      return { kind, how, crash: random.pick(['none', 'gateway', 'worker']), hold: random.integer(10, 30) };
    }
    case 'fill-disk':
      return { kind, hold: random.integer(5, 12) };
    case 'hang-worker':
      return { kind, worker: random.integer(0, 1) };
    case 'miss-replicas':
      return { kind, broker, hold: random.integer(4, 10) };
    case 'add-partition':
      return { kind, topic };
    case 'delete-topic':
      return { kind };
    case 'limit-size':
      return { kind, topic, bytes: random.pick([800, 8_000]), hold: random.integer(8, 12) };
    case 'forbid-writing':
      return { kind, topic, hold: random.integer(4, 10) };
    case 'second-gateway':
      return { kind, fate: random.pick(['is-refused', 'takes-over']), hold: random.integer(8, 16) };
    case 'lose-folder': {
      const how = random.pick(['delete', 'move']);
      const crash = random.pick(['none', 'none', 'gateway', 'worker']);
      return { kind, how, crash, wait: random.integer(0, 8_000), hold: random.integer(6, 12) };
    }
    case 'unmount':
      return { kind, hold: random.integer(9, 18) };
    case 'fail-disk': {
      const failure = random.pick(diskFailures);
      return { kind, ...failure, percent: random.pick([100, 30]), hold: random.integer(8, 16) };
    }
    case 'restart':
      return { kind };
    case 'stop-in-outage': {
      const how = random.pick(['kill', 'halt']);
      return { kind, how, hold: random.integer(8, 16) };
    }
    case 'kill-in-drain':
      return {
        kind,
        what: random.pick(['gateway', 'worker']),
        kills: random.integer(1, 3),
        hold: random.integer(4, 8),
      };
  }
}

export function describeFault({ kind, ...details }: { readonly kind: string }): string {
  const texts = Object.entries(details).map(([name, value]) => `${name} ${value}`);
  return [kind, ...texts].join(', ');
}
