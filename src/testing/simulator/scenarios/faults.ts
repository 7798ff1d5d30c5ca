import { freshen, type Random } from '../freshen.js';
import { apply, type PlannedEvent } from './life.js';

/** What providers do, by its name on the command line. */
export const faults = [
  /** Events are sent again, at once or an hour later, signed again. */
  'repeat',
  /** An event comes before the one that it follows. */
  'reorder',
  /** A minute of events comes at once. */
  'burst',
  /** Nothing comes for ten minutes, then what was held back. */
  'silence',
  /** Events of an older API version. */
  'older',
  /** An event comes a second time as the other kind, such as thin beside snapshot. */
  'twin',
  /** From the middle on, events are signed with the newest secret, before it with the one before. */
  'rotate',
] as const;

export type SenderFault = (typeof faults)[number];

const minute = 60_000;
const hour = 60 * minute;

/** The events with these faults, in the order in which they are due. */
export async function addFaults(
  events: readonly PlannedEvent[],
  chosen: ReadonlySet<SenderFault>,
  epoch: number,
  random: Random,
): Promise<readonly PlannedEvent[]> {
  let planned = [...events].sort((one, other) => one.at - other.at);
  if (chosen.has('older'))
    planned = await Promise.all(planned.map((event) => (random(50) === 0 ? makeOlder(event) : event)));
  if (chosen.has('reorder')) planned = reorder(planned, random);
  if (chosen.has('burst'))
    planned = shift(planned, random, (at, from) => (at >= from && at < from + minute ? from : at));
  if (chosen.has('silence'))
    planned = shift(planned, random, (at, from) => (at >= from && at < from + 10 * minute ? from + 10 * minute : at));
  if (chosen.has('twin'))
    planned = planned.flatMap((event) => [event, ...(random(10) === 0 ? makeTwin(event, epoch, random) : [])]);
  if (chosen.has('repeat')) planned = planned.flatMap((event) => [event, ...repeat(event, epoch, random)]);
  return planned.sort((one, other) => one.at - other.at);
}

async function makeOlder(event: PlannedEvent): Promise<PlannedEvent> {
  const { scenario, endpoint, message } = event;
  if (scenario.older === undefined) return event;
  return { ...event, message: await apply(message, scenario.older, {}, { scenario, items: endpoint.provider.items }) };
}

/** Of some lives, an event changes places with the next. */
function reorder(events: readonly PlannedEvent[], random: Random): PlannedEvent[] {
  const moved = [...events];
  const last = new Map<string, number>();
  for (const [index, event] of events.entries()) {
    const before = last.get(event.life);
    const other = before === undefined ? undefined : moved[before];
    if (before !== undefined && other !== undefined && random(25) === 0) {
      moved[index] = { ...other, at: event.at };
      moved[before] = { ...event, at: other.at };
      last.delete(event.life);
    } else last.set(event.life, index);
  }
  return moved;
}

/** From one moment of the simulation, drawn, some events come at another time. */
function shift(
  events: readonly PlannedEvent[],
  random: Random,
  timeOf: (at: number, from: number) => number,
): PlannedEvent[] {
  const length = events.at(-1)?.at ?? 0;
  const from = random(Math.max(1, Math.floor(length)));
  return events.map((event) => ({ ...event, at: timeOf(event.at, from) }));
}

function makeTwin(event: PlannedEvent, epoch: number, random: Random): PlannedEvent[] {
  const { scenario, type, at, endpoint } = event;
  const twin = scenario.twin?.replace('{type}', type);
  const example = twin === undefined ? undefined : scenario.examples.get(twin);
  if (twin === undefined || example === undefined) return [];
  const message = freshen(example, example.fresh, endpoint.provider.items, epoch + at, random);
  return [{ ...event, type: twin, message }];
}

function repeat(event: PlannedEvent, epoch: number, random: Random): PlannedEvent[] {
  const again = (delay: number): PlannedEvent => {
    const { change = {} } = event.scenario.retries;
    const at = event.at + delay;
    const message = freshen(event.message, change, event.endpoint.provider.items, epoch + at, random);
    return { ...event, at, message, repetition: true };
  };
  const drawn = random(50);
  if (drawn < 2) return [again(0)];
  return drawn < 3 ? [again(hour)] : [];
}
