/** The smallest of the values that is not below `percent` % of them (nearest rank); `undefined` of none. Sorted ascending. */
export function percentile(sorted: readonly number[], percent: number): number | undefined {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}
