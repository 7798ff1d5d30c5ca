import { require } from '../util/require.js';

const { distance }: typeof import('fastest-levenshtein') = require('fastest-levenshtein');

/** The candidate that was most likely meant, for a did-you-mean; absent if none is near. What is written is not an answer. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const [written, meant] = [word.toLowerCase(), candidate.toLowerCase()];
    // Two letters in the wrong order are one slip.
    const steps = distance(written, meant) - (sorted(written) === sorted(meant) && written !== meant ? 1 : 0);
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best;
}

/** The path of an endpoint that was most likely meant: much like it, with the same end, or with more behind it. */
export function closestPath(path: string, paths: readonly string[]): string | undefined {
  const end = path.slice(path.lastIndexOf('/'));
  return (
    closest(path, paths) ??
    (end.length > 2 ? paths.find((each) => each.slice(each.lastIndexOf('/')) === end) : undefined) ??
    (path.length > 1 ? paths.find((each) => each.startsWith(`${path}/`)) : undefined)
  );
}

function sorted(text: string): string {
  return [...text].sort().join('');
}
