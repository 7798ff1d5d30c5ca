import { hash } from 'node:crypto';
import type { DeadLetter } from './letter.js';

/** Dead letters of one cause: the same endpoint, reason, and place in the payload. */
export interface LetterGroup {
  /** Names the group. */
  readonly key: string;
  readonly endpoint: string;
  readonly reason: string;
  /** JSON pointer of the first fault that a schema found, with `*` for elements of lists; absent: no schema did. */
  readonly pointer?: string;
  /** What is wrong there. */
  readonly message?: string;
  readonly count: number;
  /** How many of them nobody has proven. */
  readonly unverified: number;
  /** Times of reception, in milliseconds since the epoch. */
  readonly first: number;
  readonly last: number;
  /** Id of the newest. */
  readonly sample: string;
}

/** The groups of these letters, which come by the time of their reception; the largest group first. */
export function groupLetters(letters: readonly DeadLetter[]): readonly LetterGroup[] {
  const groups = new Map<string, LetterGroup>();
  for (const letter of letters) {
    const { id, endpoint, reason, verified, receivedAt } = letter;
    const key = groupKey(letter);
    const known = groups.get(key);
    const { pointer, message } = causeOf(letter);
    groups.set(key, {
      key,
      endpoint,
      reason,
      ...(pointer !== undefined && { pointer }),
      ...(message !== undefined && { message }),
      count: (known?.count ?? 0) + 1,
      unverified: (known?.unverified ?? 0) + Number(!verified),
      first: known?.first ?? receivedAt,
      last: receivedAt,
      sample: id,
    });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || b.last - a.last);
}

/** Of the group that a letter belongs to. */
export function groupKey(letter: DeadLetter): string {
  const { endpoint, reason } = letter;
  return hash('sha256', JSON.stringify([endpoint, reason, causeOf(letter).pointer]), 'base64url').slice(0, 12);
}

function causeOf({ errors }: DeadLetter): { readonly pointer?: string; readonly message?: string } {
  const found = errors.flatMap((error) => error.errors)[0];
  return found === undefined ? {} : { pointer: found.pointer.replace(/\/\d+(?=\/|$)/g, '/*'), message: found.message };
}
