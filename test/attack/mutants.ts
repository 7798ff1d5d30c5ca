import { replaceOnce } from '../mutate/plant.js';
/** A bound that is removed, and what has to miss it. */
export interface Mutant {
  readonly bound: string;
  readonly file: string;
  /** Texts that stand once in the file, and what comes in their place. */
  readonly edits: readonly (readonly [find: string, replace: string])[];
  /** The finding of the judge that has to be broken. */
  readonly caught: string;
  /** Names of plugins; empty: all. And of kinds: all that match. */
  readonly plugins: readonly string[];
  readonly kinds: RegExp;
  readonly requests: number;
}

const few = ['stripe', 'github', 'payfast', 'gitlab'];
const any = /./;

function mutant(
  bound: string,
  file: string,
  edits: Mutant['edits'],
  caught: string,
  over: Partial<Mutant> = {},
): Mutant {
  return { bound, file, edits, caught, plugins: few, kinds: any, requests: 2_000, ...over };
}

const letters: readonly Mutant[] = [
  mutant(
    'the budget of unverified dead letters',
    'src/core/persist.ts',
    [
      [
        'if (!mustPersist && !mayKeepUnverified(now(), claim(endpoint, delivery))) return {};',
        'void mayKeepUnverified; void now; void claim;',
      ],
    ],
    'unverified dead letters',
  ),
  mutant(
    'their bytes',
    'src/core/stages/budget.ts',
    [['this.#count >= 1 && this.#bytes > 0', 'this.#count >= 1']],
    'bytes of them',
    { kinds: /of 1 MiB/, requests: 80 },
  ),
  mutant(
    'the size of a body',
    'src/server/http/body.ts',
    [
      ["Number(request.headers['content-length'] ?? 0) > limits.body", 'limits.body < 0'],
      ['pieces.length > limits.body', 'limits.body < 0'],
    ],
    'bytes of the largest',
    { kinds: /over the limit/, requests: 40 },
  ),
  mutant(
    'passwords in dead letters',
    'src/core/stages/dead-letter.ts',
    [['scheme.secretHeaders.includes(name) ? [] : delivery.headers[name]', 'delivery.headers[name]']],
    'secrets that were shown',
    { plugins: ['gitlab'] },
  ),
];

const log: readonly Mutant[] = [
  mutant(
    'lines that are summed up',
    'src/server/telemetry/repeats.ts',
    [['if (known === undefined || (known.over', 'if (known !== null || (known.over']],
    'lines of the log about what was not proven',
    { requests: 3_000 },
  ),
  mutant(
    'causes that are known at a time',
    'src/server/telemetry/log.ts',
    [["new Repeats(writeLine, clock, 'join')", 'new Repeats(writeLine, clock)']],
    'lines of the log about what was not proven',
    { plugins: [], requests: 8_000 },
  ),
  mutant(
    'handshakes that are summed up',
    'src/server/telemetry/log.ts',
    [
      [
        "requests.write('info', 'handshake answered', { ...about, client: delivery.client })",
        "logger.info(about, 'handshake answered')",
      ],
    ],
    'lines of the log about what was not proven',
    { plugins: ['dropbox', 'nylas'], kinds: /asked for/, requests: 3_000 },
  ),
  mutant(
    'the length of a path in the log',
    'src/server/http/app.ts',
    [['.slice(0, longestPath)', '.slice(0, 1e6 * longestPath)']],
    'bytes of the longest line of the log',
    { kinds: /a long path/, requests: 50 },
  ),
  mutant(
    'targets that are no path',
    'src/server/http/app.ts',
    [["else if (!path.startsWith('/')) throw new Rejection('path_unknown');", '']],
    'bugs in the log',
    { kinds: /another path/, requests: 1_000 },
  ),
];

const proofs: readonly Mutant[] = [
  mutant(
    'what a handshake signs',
    'src/signature/verify.ts',
    [['checkOffers(plan, token?.plan ?? method.algorithm, content);', 'void checkOffers;']],
    'bypasses',
    { plugins: ['x_twitter', 'braintree'], kinds: /asked for/, requests: 300 },
  ),
  mutant(
    'the age of a signature',
    'src/signature/timestamp.ts',
    [['if (clock - signedAt > check.tolerance)', 'if (clock - signedAt > 1e15)']],
    'bypasses',
    { kinds: /too long ago/, requests: 100 },
  ),
  mutant(
    'signatures of the future',
    'src/signature/timestamp.ts',
    [['if (signedAt - clock > check.future)', 'if (signedAt - clock > 1e15)']],
    'bypasses',
    { kinds: /in the future/, requests: 100 },
  ),
  mutant(
    'a signed header twice',
    'src/signature/sources.ts',
    [['values !== undefined && values.length > 1', 'values !== undefined && values.length > 1e6']],
    'bypasses',
    { kinds: /one twice/, requests: 400 },
  ),
  mutant(
    'a signed field again after the signed ones',
    'src/signature/fields.ts',
    [['if (before.has(name)) throw', 'if (before.size < 0) throw']],
    'bypasses',
    { plugins: ['payfast'], kinds: /a member twice/, requests: 200 },
  ),
];

const resources: readonly Mutant[] = [
  mutant(
    'keys that deliveries have fetched',
    'src/server/keys/source.ts',
    [['this.#newAsked++ < newPerMinute', 'this.#newAsked++ < 1e9']],
    'keys asked for',
    { plugins: ['paypal'], kinds: /to be fetched/, requests: 600 },
  ),
  mutant(
    'hosts and ports of keys',
    'src/signature/remote.ts',
    [
      ["url.protocol !== 'https:' || url.port !== ''", "url.protocol !== 'https:'"],
      ['if (!hosts.some((host) => host.test(url.hostname)))', 'if (hosts.length === 0)'],
    ],
    'connections to where no key may be',
    { plugins: ['paypal'], kinds: /to be fetched/, requests: 400 },
  ),
  mutant(
    'connections of one address',
    'src/server/http/connections.ts',
    [['if (count >= connectionsPerAddress && !sender.trusted)', 'if (count >= 1e9 && !sender.trusted)']],
    'connections that one address keeps',
    { requests: 500 },
  ),
  mutant(
    'the time and the rate of a body',
    'src/server/http/arrivals.ts',
    [
      ['each.received - each.before < (bodyRate * time) / 1000', 'bodyRate * time < 0'],
      ['now - each.startedAt >= bodyTimeout', 'now - each.startedAt >= 1e3 * bodyTimeout'],
    ],
    'seconds until a slow body is given up',
    { requests: 500 },
  ),
  mutant(
    'pieces of a body',
    'src/server/http/body.ts',
    [['pieces.count > freePieces + pieces.length / leastPiece', 'pieces.count > 1e9 * (freePieces + leastPiece)']],
    'requests that were read and should not be',
    { kinds: /one byte|another method/, requests: 2_000 },
  ),
  mutant(
    'bodies that are compressed',
    'src/server/http/admit.ts',
    [['if (contentEncoding !== undefined) throw', "if (contentEncoding === 'never') throw"]],
    'requests that were read and should not be',
    { kinds: /compressed|a bomb/, requests: 200 },
  ),
];

export const mutants: readonly Mutant[] = [...letters, ...log, ...proofs, ...resources];

/** The source of its file without the bound. Throws where a text that it replaces is not there exactly once. */
export function withoutBound(source: string, { bound, file, edits }: Mutant): string {
  return edits.reduce(
    (text, [find, replace]) => replaceOnce(text, find, replace, `"${bound}" of test/attack/mutants.ts: ${file}`),
    source,
  );
}
