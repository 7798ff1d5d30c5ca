import type { TokenLogin, TokenOrigin } from '../../config/settings.js';
import { askForToken } from './client-credentials.js';
import { runTokenCommand } from './command.js';
import { readTokenFile } from './file.js';
import type { Token } from './token.js';

/** A part of its life after which a token is renewed, as Kafka's own clients do (`sasl.login.refresh.window.factor`). */
const renewAfter = 0.8;
/** Milliseconds: of a token that does not tell when it expires. */
const unknownLife = 300_000;
/** Milliseconds for which a failure stands: whoever gives tokens is not asked with every try to connect. */
const failurePause = 5_000;
/** Milliseconds: a younger token that a broker refuses would be no better if it were fetched again. */
const young = 30_000;

type Fetch = () => Promise<Token>;

/** Tokens for the connections of a process: kept until shortly before they expire, and fetched once for all who wait. */
export class TokenSource {
  readonly #fetch: Fetch;
  readonly #now: () => number;
  readonly #keeps: boolean;
  #token: (Token & { readonly since: number; readonly renewAt: number }) | undefined;
  #fetching: Promise<Token> | undefined;
  #failure: { readonly error: unknown; readonly until: number } | undefined;

  /** `keeps`: false where to fetch one is as cheap as to keep it. `now`: milliseconds since the epoch. */
  constructor(
    fetch: Fetch,
    { keeps = true, now = Date.now }: { readonly keeps?: boolean; readonly now?: () => number } = {},
  ) {
    this.#fetch = fetch;
    this.#keeps = keeps;
    this.#now = now;
  }

  /** Rejects with a `PublishError`. Where no new one can be had, the old one is good until it expires. */
  async get(): Promise<Token> {
    if (!this.#keeps) return this.#fetch();
    const kept = this.#token;
    const now = this.#now();
    if (kept !== undefined && now < kept.renewAt) return kept;
    try {
      if (this.#failure !== undefined && now < this.#failure.until) throw this.#failure.error;
      this.#fetching ??= this.#renew().finally(() => {
        this.#fetching = undefined;
      });
      return await this.#fetching;
    } catch (error) {
      if (kept !== undefined && this.#now() < (kept.expires ?? Number.POSITIVE_INFINITY)) return kept;
      throw error;
    }
  }

  /** A broker refuses this one: the next one is fetched. */
  drop({ value }: Token): void {
    const kept = this.#token;
    if (kept?.value === value && this.#now() - kept.since > young) this.#token = undefined;
  }

  async #renew(): Promise<Token> {
    try {
      const token = await this.#fetch();
      const since = this.#now();
      const life = token.expires === undefined ? unknownLife : token.expires - since;
      this.#token = { ...token, since, renewAt: since + life * renewAfter };
      this.#failure = undefined;
      return token;
    } catch (error) {
      this.#failure = { error, until: this.#now() + failurePause };
      throw error;
    }
  }
}

const sources = new WeakMap<TokenLogin, TokenSource>();

/** One for all connections with these settings. */
export function tokensFor(login: TokenLogin): TokenSource {
  const source = sources.get(login) ?? createSource(login.token);
  sources.set(login, source);
  return source;
}

function createSource(origin: TokenOrigin): TokenSource {
  if ('file' in origin) return new TokenSource(() => readTokenFile(origin.file, Date.now()), { keeps: false });
  if ('command' in origin) return new TokenSource(() => runTokenCommand(origin.command, origin.dir, Date.now));
  return new TokenSource(() => askForToken(origin.client, Date.now));
}
