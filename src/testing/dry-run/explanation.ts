import type { SchemaError } from '../../core/model.js';
import type { RejectionCode, Stage } from '../../core/rejection.js';
import type { Cause } from '../diagnosis/causes.js';
import type { Evaluated } from './item-traces.js';

/** What the verification found, or why there was none. */
export type Verification =
  | { readonly outcome: 'proven'; readonly secret: string; readonly signedAt?: string; readonly signedHere: boolean }
  | { readonly outcome: 'refused'; readonly causes: readonly Cause[] }
  | { readonly outcome: 'skipped'; readonly why: string };

/** A dry run in words and plain values: what `gateway explain --json` prints. No text of the payload beside the facts. */
export interface Explanation {
  readonly endpoint: string;
  readonly provider: string;
  /** What was explained: a file, or a record and where it lies. */
  readonly subject: string;
  readonly notes: readonly string[];
  readonly verification: Verification;
  readonly items: readonly ExplainedItem[];
  /** Why the delivery as a whole stopped. */
  readonly rejection?: ExplainedRejection;
  readonly deadLetter?: { readonly topic: string; readonly reason: string };
  readonly answer: { readonly status: number; readonly verdict: string };
  /** Always: nothing is looked up. */
  readonly dedupe: 'not looked up';
}

export interface ExplainedItem {
  /** JSON pointer into the body; empty for the whole. */
  readonly pointer: string;
  readonly schemas: readonly ExplainedSchema[];
  readonly facts: readonly (Evaluated & { readonly name: string; readonly used: boolean })[];
  readonly routes: readonly ExplainedRoute[];
  readonly record?: ExplainedRecord;
  /** Id of an event that the same body has before: it is published once. */
  readonly repeats?: string;
  readonly rejection?: ExplainedRejection;
}

export interface ExplainedSchema {
  readonly name: string;
  readonly when?: ExplainedCondition;
  readonly outcome: 'not for it' | 'valid' | 'invalid' | 'failed';
  readonly errors: readonly (SchemaError & { readonly is: string })[];
}

export interface ExplainedCondition {
  readonly source: string;
  readonly outcome: boolean | 'failed';
  readonly failed?: string;
}

export interface ExplainedRoute {
  readonly declaredAt: string;
  readonly events: readonly string[];
  readonly topic: string;
  readonly outcome: 'taken' | 'other events' | 'condition false' | 'failed' | 'not tried';
  readonly when?: ExplainedCondition;
  readonly key?: Evaluated;
}

export interface ExplainedRecord {
  readonly topic: string;
  readonly key: string;
  /** Where the topic has as many partitions as the configuration says. */
  readonly partition?: { readonly number: number; readonly of: number };
  readonly headers: { readonly [name: string]: string };
  readonly bytes: number;
}

export interface ExplainedRejection {
  readonly code: RejectionCode;
  readonly stage: Stage;
  readonly meaning: string;
  readonly detail?: string;
}
