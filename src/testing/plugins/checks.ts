/** One thing that was tried with an example. */
export interface Check {
  /** The event type; absent where it is about the plugin. */
  readonly example?: string;
  /** What was tried: `replayed`, `header stripe-signature missing`. */
  readonly what: string;
  /** `unbound`: what was changed is not signed, so that the change isn't noticed. */
  readonly outcome: 'passed' | 'failed' | 'unbound';
  readonly expected?: string;
  readonly got?: string;
  /** `file:line` of the declaration to look at. */
  readonly see?: string;
  readonly hint?: string;
}

/** What came of the examples of one plugin. */
export interface Rehearsal {
  readonly plugin: string;
  readonly folder: string;
  readonly examples: readonly { readonly type: string; readonly topic: string; readonly key: string }[];
  readonly checks: readonly Check[];
  /** What the plugin's signature leaves open, or could not be tried, for people. */
  readonly notes: readonly string[];
}
