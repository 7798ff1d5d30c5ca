/** `did you mean "…"?` with the nearest candidate; `undefined` if none is near. */
export async function didYouMean(word: string, candidates: Iterable<string>): Promise<string | undefined> {
  const { closest } = await import('../diagnostics/closest.js');
  const near = closest(word, candidates);
  return near === undefined ? undefined : `did you mean "${near}"?`;
}
