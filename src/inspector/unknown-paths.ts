import { closestPath } from '../diagnostics/closest.js';
import { printable } from '../util/printable.js';
import type { UnknownPath } from './contract.js';

/** Paths that are kept, of them those that one address has brought, those that are told of, and bytes of one. */
const mostPaths = 100;
const mostOfAddress = 5;
const mostTold = 20;
const longestPath = 80;

interface Known {
  count: number;
  last: number;
  /** Who asked for it first. */
  readonly client: string;
}

/** What a process knows of requests to paths that no endpoint has. */
export interface UnknownPart {
  readonly requests: number;
  readonly paths: readonly { readonly path: string; readonly count: number; readonly last: number }[];
}

/**
 * Paths that were asked for and that no endpoint has. Anybody can ask for anything: one address brings a few paths at most, and when
 * there are too many, the one that was asked for least, and not for the longest time, makes room.
 */
export class UnknownPaths {
  readonly #paths = new Map<string, Known>();
  readonly #ofClient = new Map<string, number>();
  #requests = 0;

  note(path: string, client: string, now: number): void {
    this.#requests++;
    const short = shorten(path);
    const known = this.#paths.get(short);
    if (known !== undefined) {
      known.count++;
      known.last = now;
      return;
    }
    const brought = this.#ofClient.get(client) ?? 0;
    if (brought >= mostOfAddress) return;
    if (this.#paths.size >= mostPaths) this.#dropOne();
    this.#paths.set(short, { count: 1, last: now, client });
    this.#ofClient.set(client, brought + 1);
  }

  read(): UnknownPart {
    return {
      requests: this.#requests,
      paths: [...this.#paths].map(([path, { count, last }]) => ({ path, count, last })),
    };
  }

  #dropOne(): void {
    let least: string | undefined;
    let found: Known | undefined;
    for (const [path, known] of this.#paths) {
      if (
        found !== undefined &&
        (known.count > found.count || (known.count === found.count && known.last >= found.last))
      )
        continue;
      least = path;
      found = known;
    }
    if (least === undefined || found === undefined) return;
    this.#paths.delete(least);
    const left = (this.#ofClient.get(found.client) ?? 1) - 1;
    if (left > 0) this.#ofClient.set(found.client, left);
    else this.#ofClient.delete(found.client);
  }
}

/** Printable, and cut between characters. */
function shorten(path: string): string {
  const text = printable(path.slice(0, longestPath));
  if (Buffer.byteLength(text) <= longestPath) return text;
  const cut = Buffer.from(text).subarray(0, longestPath).toString();
  return cut.replace(/\ufffd+$/u, '');
}

/** What several processes know, as one list: those with a suggestion first, then the most requested. */
export function mergeUnknown(
  parts: readonly UnknownPart[],
  endpointPaths: readonly string[],
): { readonly unknownRequests: number; readonly unknownPaths: readonly UnknownPath[] } {
  const merged = new Map<string, { count: number; last: number }>();
  for (const { path, count, last } of parts.flatMap(({ paths }) => paths)) {
    const known = merged.get(path);
    merged.set(path, { count: count + (known?.count ?? 0), last: Math.max(last, known?.last ?? 0) });
  }
  const told = [...merged].map(([path, { count, last }]): UnknownPath => {
    const didYouMean = closestPath(path, endpointPaths);
    return { path, count, last: new Date(last).toISOString(), ...(didYouMean !== undefined && { didYouMean }) };
  });
  const rank = ({ didYouMean }: UnknownPath) => (didYouMean === undefined ? 1 : 0);
  told.sort((a, b) => rank(a) - rank(b) || b.count - a.count || (a.path < b.path ? -1 : 1));
  const unknownRequests = parts.reduce((sum, { requests }) => sum + requests, 0);
  return { unknownRequests, unknownPaths: told.slice(0, mostTold) };
}
