import { isNumeric, textOf } from '../../util/json/number.js';

/** Values that are looked at: what a payload is about stands near its top. */
const mostValues = 200;

interface Named {
  /** Members called `id`, in the order of their depth. */
  id?: string;
  /** The first member at the top whose name ends in `id`, such as `shop_id`. */
  reference?: string;
}

/**
 * The id of the object that a payload names: the `id` of the object that stands nearest to the top, else what a member at the top such
 * as `order_id` holds. The event's own id is none of these. Undefined where there is neither.
 */
export function findObjectId(payload: unknown, eventId: string): string | undefined {
  const found: Named = {};
  let level: readonly unknown[] = [payload];
  for (let left = mostValues, depth = 0; level.length > 0 && left > 0; depth++) {
    const next: unknown[] = [];
    for (const value of level) {
      if (left-- <= 0) break;
      if (typeof value !== 'object' || value === null) continue;
      for (const [name, member] of membersOf(value, left)) {
        if (typeof member === 'object' && !isNumeric(member)) next.push(member);
        else note(found, name, textOf(member), depth, eventId);
      }
    }
    if (found.id !== undefined) return found.id;
    level = next;
  }
  return found.reference;
}

/** The first ones; a list's elements have no names. */
function* membersOf(value: object, most: number): Generator<readonly [name: string, member: unknown]> {
  if (Array.isArray(value)) {
    for (const member of value.slice(0, most)) yield ['', member];
    return;
  }
  let left = most;
  for (const name in value) {
    if (left-- <= 0) return;
    yield [name, Object.getOwnPropertyDescriptor(value, name)?.value];
  }
}

function note(found: Named, name: string, text: string | undefined, depth: number, eventId: string): void {
  if (text === undefined || text === eventId) return;
  if (name === 'id' || name === 'Id' || name === 'ID') found.id ??= text;
  else if (depth === 0 && /(?:_id|Id|ID|-id)$/.test(name)) found.reference ??= text;
}
