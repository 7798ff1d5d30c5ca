import { fromPointer } from '../diagnostics/pointer.js';
import type { Cause } from '../forensics/suspects.js';
import type { Endpoint, SchemaError } from '../model.js';
import type { Rejection, RejectionCode, Stage } from '../rejection.js';
import { holds } from '../stages/condition.js';
import type { Evaluated, ItemTrace } from './observe.js';
import { verdictOf, type Walk } from './walk.js';

/** What the verification found, or why there was none. */
export type Verification =
  | { readonly outcome: 'proven'; readonly secret: string; readonly signedAt?: string; readonly signedHere: boolean }
  | { readonly outcome: 'refused'; readonly causes: readonly Cause[] }
  | { readonly outcome: 'skipped'; readonly why: string };

/** A walk in words and plain values: what `gateway explain --json` prints. No text of the payload beside the facts. */
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
  readonly when?: Condition;
  readonly outcome: 'not for it' | 'valid' | 'invalid' | 'failed';
  readonly errors: readonly (SchemaError & { readonly is: string })[];
}

export interface Condition {
  readonly source: string;
  readonly outcome: boolean | 'failed';
  readonly failed?: string;
}

export interface ExplainedRoute {
  readonly declaredAt: string;
  readonly events: readonly string[];
  readonly topic: string;
  readonly outcome: 'taken' | 'other events' | 'condition false' | 'failed' | 'not tried';
  readonly when?: Condition;
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

interface Told {
  readonly subject: string;
  readonly notes: readonly string[];
  readonly verification: Verification;
  readonly partitionOf: (record: { readonly topic: string; readonly key: string }) => ExplainedRecord['partition'];
}

/** Puts a walk into words. */
export function explain(endpoint: Endpoint, walked: Walk, told: Told): Explanation {
  const { subject, notes, verification, partitionOf } = told;
  const { deadLetter } = walked;
  const whole = walked.items.length === 0 ? walked.rejected[0] : undefined;
  return {
    ...{ endpoint: endpoint.name, provider: endpoint.provider.name, subject, notes, verification },
    items: explainItems(endpoint, walked, partitionOf),
    ...(whole === undefined ? {} : { rejection: explainRejection(whole) }),
    ...(deadLetter === undefined
      ? {}
      : { deadLetter: { topic: deadLetter.topic, reason: deadLetter.headers.ce_reason ?? '' } }),
    answer: { status: walked.status, verdict: verdictOf(walked) },
    dedupe: 'not looked up',
  };
}

/** Items come in the order of the body; those that aren't published are the rejected ones, in the same order. */
function explainItems(endpoint: Endpoint, walked: Walk, partitionOf: Told['partitionOf']): readonly ExplainedItem[] {
  const rejected = [...walked.rejected];
  return walked.items.map((item) => {
    const found = walked.published.find(({ event }) => event.item.value === item.value);
    const repeated = walked.repeated.find((event) => event.item.value === item.value);
    const rejection = found === undefined && repeated === undefined ? rejected.shift() : undefined;
    const partition = found && partitionOf(found.record);
    return {
      pointer: (found?.event ?? repeated)?.item.pointer ?? rejection?.item ?? '',
      schemas: explainSchemas(item),
      facts: factNames.flatMap((name) => {
        const fact = item.facts.get(name);
        return fact === undefined ? [] : [{ name, ...fact, used: isUsed(name, fact.value, found?.event ?? repeated) }];
      }),
      routes: reachesRoutes(rejection) ? explainRoutes(endpoint, item, rejection) : [],
      ...(found === undefined
        ? {}
        : {
            record: {
              ...{ topic: found.record.topic, key: found.record.key },
              ...(partition === undefined ? {} : { partition }),
              ...{ headers: found.record.headers, bytes: found.record.value.length },
            },
          }),
      ...(repeated === undefined ? {} : { repeats: repeated.id }),
      ...(rejection === undefined ? {} : { rejection: explainRejection(rejection) }),
    };
  });
}

const factNames = ['id', 'type', 'time', 'subject', 'livemode', 'account'] as const;

function reachesRoutes(rejection: Rejection | undefined): boolean {
  return rejection === undefined || rejection.stage === 'map';
}

/** A fact of the wrong form is left out of the event; of an item that stopped before, what was found is all there is. */
function isUsed(name: string, value: unknown, event: object | undefined): boolean {
  return event === undefined ? value !== undefined : Object.hasOwn(event, name);
}

function explainSchemas({ schemas, value }: ItemTrace): readonly ExplainedSchema[] {
  return [...schemas].map(([{ name }, { when, errors }]) => ({
    name,
    ...(when === undefined ? {} : { when: condition(when) }),
    outcome: when?.failed ? 'failed' : errors === undefined ? 'not for it' : errors.length === 0 ? 'valid' : 'invalid',
    errors: (errors ?? []).map((error) => ({ ...error, is: describeValue(valueAt(value, error.pointer)) })),
  }));
}

/** The first route whose events and condition fit is taken; what comes after it isn't looked at. */
function explainRoutes(
  { routes }: Endpoint,
  { facts, routes: tried }: ItemTrace,
  rejection: Rejection | undefined,
): readonly ExplainedRoute[] {
  const type = String(facts.get('type')?.value);
  let decided = false;
  return routes.map((route) => {
    const { declaredAt, events = [], topic } = route;
    const { when, key } = tried.get(route) ?? {};
    const common = {
      ...{ declaredAt, events, topic, ...(when === undefined ? {} : { when: condition(when) }) },
      ...(key === undefined ? {} : { key }),
    };
    if (decided) return { ...common, outcome: 'not tried' };
    if (!route.matches(type)) return { ...common, outcome: 'other events' };
    const failed = when?.failed !== undefined;
    const taken = !failed && (route.when === undefined || holds(when?.value));
    decided = failed || taken;
    if (!decided) return { ...common, outcome: 'condition false' };
    return { ...common, outcome: rejection?.code === 'rule_failed' ? 'failed' : 'taken' };
  });
}

function condition({ source, value, failed }: Evaluated): Condition {
  return failed === undefined ? { source, outcome: holds(value) } : { source, outcome: 'failed', failed };
}

function explainRejection({ code, stage, message, detail }: Rejection): ExplainedRejection {
  return { code, stage, meaning: message, ...(detail === undefined ? {} : { detail }) };
}

function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const segment of fromPointer(pointer)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = Reflect.get(value, segment);
  }
  return value;
}

/** What kind of value it is, without the value: payloads have names, addresses and cards in them. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return `an object of ${Object.keys(value).length} members`;
  return typeof value === 'boolean' ? `${value}` : 'a number';
}
