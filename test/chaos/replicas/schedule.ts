import type { Random } from '../random.js';
import { drawRounds, type Step } from '../schedule.js';
import type { KafkaChoice } from '../site.js';

/** What is done to replicas, to their Redis or to Kafka. `hold`: seconds until it is undone. `replica`, `broker`: from 0. */
export type ReplicaFault =
  /** kill -9 of all its processes, and a start. */
  | { readonly kind: 'kill-replica'; readonly replica: number; readonly hold: number }
  /** SIGSTOP of all its processes; with a long one its claims lapse. */
  | { readonly kind: 'hang-replica'; readonly replica: number; readonly hold: number }
  /** SIGTERM and a start of each, one after the other; it publishes in another way afterwards. */
  | ({ readonly kind: 'roll' } & KafkaChoice)
  /** The primary is killed, and comes back as a replica, empty. */
  | { readonly kind: 'kill-redis'; readonly hold: number }
  /** The primary hangs: for a moment, or until the replica was promoted. */
  | { readonly kind: 'hang-redis'; readonly hold: number }
  /** The Sentinels promote the replica though the primary is well. */
  | { readonly kind: 'failover-redis' }
  | { readonly kind: 'kill-broker' | 'halt-broker'; readonly broker: number; readonly hold: number }
  | { readonly kind: 'kill-controller'; readonly hold: number }
  | { readonly kind: 'move-leaders'; readonly shift: number }
  /** All brokers; half-way, a replica is killed or Redis fails over. */
  | {
      readonly kind: 'outage';
      readonly how: 'kill' | 'halt';
      readonly meanwhile: 'nothing' | 'kill-replica' | 'kill-redis';
      readonly replica: number;
      readonly hold: number;
    }
  /** A replica is killed when the first spooled records are being sent. */
  | { readonly kind: 'kill-in-drain'; readonly replica: number; readonly hold: number };

export const replicaFaultKinds: readonly ReplicaFault['kind'][] = [
  'kill-replica',
  'hang-replica',
  'roll',
  'kill-redis',
  'hang-redis',
  'failover-redis',
  'kill-broker',
  'halt-broker',
  'kill-controller',
  'move-leaders',
  'outage',
  'kill-in-drain',
];

/** Rounds in which every kind of fault comes once, until they fill the minutes. */
export function drawReplicaSchedule(
  random: Random,
  minutes: number,
  replicas: number,
  kinds = replicaFaultKinds,
): readonly Step<ReplicaFault>[] {
  return drawRounds(random, minutes, kinds, (kind) => draw(kind, random, replicas));
}

function draw(kind: ReplicaFault['kind'], random: Random, replicas: number): ReplicaFault {
  const broker = random.integer(0, 2);
  const replica = random.integer(0, replicas - 1);
  switch (kind) {
    case 'kill-replica':
      return { kind, replica, hold: random.integer(0, 8) };
    case 'hang-replica':
      return { kind, replica, hold: random.pick([3, 8, 15, 40]) };
    case 'roll':
      return {
        kind,
        compression: random.pick(['none', 'gzip']),
        login: random.pick(['scram-sha-512', 'oauthbearer']),
      };
    case 'kill-redis':
      return { kind, hold: random.integer(1, 8) };
    case 'hang-redis':
      return { kind, hold: random.pick([1, 4, 7, 12]) };
    case 'failover-redis':
      return { kind };
    case 'kill-broker':
      return { kind, broker, hold: random.integer(1, 8) };
    case 'halt-broker':
      return { kind, broker, hold: random.integer(5, 15) };
    case 'kill-controller':
      return { kind, hold: random.integer(1, 8) };
    case 'move-leaders':
      return { kind, shift: random.integer(1, 2) };
    case 'outage': {
      const how = random.pick(['kill', 'halt']);
      const meanwhile = random.pick(['nothing', 'kill-replica', 'kill-redis']);
      return { kind, how, meanwhile, replica, hold: random.integer(10, 25) };
    }
    case 'kill-in-drain':
      return { kind, replica, hold: random.integer(4, 8) };
  }
}
