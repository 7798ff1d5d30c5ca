/** Fewest and most arguments of a function; what it takes from its context counts as given. */
export type Arity = readonly [number, number];

const byArity: readonly (readonly [Arity, string])[] = [
  [[0, 0], 'millis random'],
  [
    [0, 1],
    'abs base64decode base64encode boolean ceil clone decodeUrl decodeUrlComponent encodeUrl encodeUrlComponent error floor keys length lowercase not number spread sqrt trim uppercase',
  ],
  [[0, 2], 'formatBase now round sift string toMillis'],
  [[0, 3], 'fromMillis'],
  [[1, 1], 'average count distinct exists max merge min reverse sha256 shuffle sum type'],
  [
    [1, 2],
    'assert contains each formatInteger join lookup parseInteger power single sort substringAfter substringBefore',
  ],
  [[1, 3], 'formatNumber match pad split substring'],
  [[1, Number.POSITIVE_INFINITY], 'zip'],
  [[2, 2], 'append filter map'],
  [[2, 3], 'reduce'],
  [[2, 4], 'replace'],
];

/** The functions of JSONata 2.2 (https://docs.jsonata.org/overview), which has no way to ask for them, without `$eval`, which would run what a sender writes, and our own `$sha256`. */
export const arities: ReadonlyMap<string, Arity> = new Map(
  byArity.flatMap(([arity, names]) => names.split(' ').map((name) => [name, arity] as const)),
);

export const functionNames: readonly string[] = [...arities.keys()].sort();
