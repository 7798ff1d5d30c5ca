import type { Endpoint } from '../../../core/model.js';
import type { Random } from '../freshen.js';
import type { Scenario } from './declaration.js';
import { lengthOf, type PlannedEvent, planLife } from './life.js';

/** A scenario at an endpoint that it can be sent to. */
export interface Playable {
  readonly scenario: Scenario;
  readonly endpoint: Endpoint;
}

export interface Traffic {
  readonly merchants: number;
  /** Events per second, on average. */
  readonly rate: number;
  /** Milliseconds in which lives begin. */
  readonly duration: number;
  /** Milliseconds since the epoch. */
  readonly epoch: number;
  readonly random: Random;
}

/**
 * Lives of many merchants: each has one of the endpoints, and its lives begin at drawn times. There are as many lives as give the
 * rate over the duration; what is not over then goes on afterwards.
 */
export async function planTraffic(playable: readonly Playable[], traffic: Traffic): Promise<readonly PlannedEvent[]> {
  const { merchants, rate, duration, epoch, random } = traffic;
  const wanted = Math.max(1, Math.round((rate * duration) / 1000));
  const endpoints = [...new Set(playable.map(({ endpoint }) => endpoint))];
  const planned: PlannedEvent[] = [];
  for (let number = 0; planned.length < wanted; number++) {
    const merchant = random(merchants);
    const own = playable.filter(({ endpoint }) => endpoint === endpoints[merchant % endpoints.length]);
    const chosen = chooseByWeight(own, random);
    if (chosen === undefined) throw new Error('no scenario has a weight above 0');
    const start = random(Math.max(1, Math.floor(duration)));
    const life = `${merchant}/${number}`;
    planned.push(...(await planLife(chosen.scenario, { life, endpoint: chosen.endpoint, start, epoch, random })));
  }
  return planned;
}

function chooseByWeight(playable: readonly Playable[], random: Random): Playable | undefined {
  const weights = playable.map(({ scenario }) => scenario.weight ?? 1);
  let left = random(
    Math.max(
      1,
      weights.reduce((sum, weight) => sum + weight, 0),
    ),
  );
  return playable.find((_, index) => {
    left -= weights[index] ?? 0;
    return left < 0;
  });
}

/** The longest of them, in milliseconds. */
export function longestOf(playable: readonly Playable[]): number {
  return Math.max(0, ...playable.map(({ scenario }) => lengthOf(scenario)));
}
