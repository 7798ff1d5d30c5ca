const units: { readonly [unit: string]: number | undefined } = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Bytes of `1048576`, `900KiB`, `1MiB` or `2GiB`. */
export function parseSize(size: string | number): number {
  if (typeof size === 'number') return size;
  return Number.parseInt(size, 10) * (units[size.slice(-3)] ?? 1);
}
