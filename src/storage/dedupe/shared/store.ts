/**
 * The key-value store that replicas share, as the protocol in `shared.ts` needs it. Whatever it rejects with means that the
 * store cannot be used at the moment.
 */
export interface SharedStore {
  /** What it is, for people. */
  readonly name: string;
  /** Resolves when it can be used, or after `wait` milliseconds. It goes on trying, as long as it is open. */
  connect(wait: number): Promise<void>;
  /** Puts the claim there for `lease` milliseconds. Resolves with undefined if it stands there now, else with what does. */
  claim(key: string, claim: string, lease: number): Promise<string | undefined>;
  /** Puts the value there for `time` milliseconds, unless somebody else's is there; says whether it did. */
  put(key: string, claim: string, value: string, time: number): Promise<boolean>;
  /** Takes the claim away, if it is there. */
  release(key: string, claim: string): Promise<void>;
  /** Resolves when a value could be written. */
  probe(): Promise<void>;
  /** Why it rejected, for people. */
  explain(error: unknown): string;
  /** Gives the connection up and makes another one. */
  reconnect(): void;
  close(): void;
}
