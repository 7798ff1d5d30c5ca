import type { Bindings, Endpoint, Item, PayloadSchema, Route, SchemaError } from './model.js';
import type { Stage } from './rejection.js';

/**
 * Is told what the pipeline does with a delivery, while it does it. It must not throw, and changes nothing. `value` is what a rule
 * gave: it may be a promise, which is rejected with a `RuleError` where the rule fails.
 */
export interface Trace {
  /** The delivery has passed a stage: the last one of several that are one step. */
  passed?(stage: Stage): void;
  /** All that follows, up to the next one, is about this item. */
  item?(item: Item, bindings: Bindings): void;
  /** Whether it is for this schema, or goes this way. */
  condition?(of: PayloadSchema | Route, value: unknown): void;
  /** Its disagreements with the schema that is for it. */
  checked?(schema: PayloadSchema, errors: readonly SchemaError[]): void;
  /** What it says of itself. */
  fact?(name: keyof Endpoint['provider']['event'], value: unknown): void;
  key?(route: Route, value: unknown): void;
}
