import type { Endpoint } from '../../core/model.js';
import type { Rejection } from '../../core/rejection.js';
import { holds } from '../../core/stages/condition.js';
import { fromPointer } from '../../diagnostics/pointer.js';
import type {
  ExplainedCondition,
  ExplainedItem,
  ExplainedRecord,
  ExplainedRejection,
  ExplainedRoute,
  ExplainedSchema,
  Explanation,
  Verification,
} from './explanation.js';
import type { Evaluated, ItemTrace } from './item-traces.js';
import { type RequestResult, verdictOf } from './request.js';

interface Told {
  readonly subject: string;
  readonly notes: readonly string[];
  readonly verification: Verification;
  readonly partitionOf: (record: { readonly topic: string; readonly key: string }) => ExplainedRecord['partition'];
}

/** Puts a dry run into words. */
export function explain(endpoint: Endpoint, walked: RequestResult, told: Told): Explanation {
  const { subject, notes, verification, partitionOf } = told;
  const { deadLetter } = walked;
  const whole = walked.items.length === 0 ? walked.rejected[0] : undefined;
  return {
    endpoint: endpoint.name,
    provider: endpoint.provider.name,
    subject,
    notes,
    verification,
    items: explainItems(endpoint, walked, partitionOf),
    ...(whole !== undefined && { rejection: explainRejection(whole) }),
    ...(deadLetter !== undefined && {
      deadLetter: { topic: deadLetter.topic, reason: deadLetter.headers.ce_reason ?? '' },
    }),
    answer: { status: walked.status, verdict: verdictOf(walked) },
    dedupe: 'not looked up',
  };
}

/** Items come in the order of the body; those that aren't published are the rejected ones, in the same order. */
function explainItems(
  endpoint: Endpoint,
  walked: RequestResult,
  partitionOf: Told['partitionOf'],
): readonly ExplainedItem[] {
  const rejected = [...walked.rejected];
  return walked.items.map((item, index) => {
    const found = walked.published.find(({ event }) => event.item.index === index);
    const repeated = walked.repeated.find((event) => event.item.index === index);
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
      ...(found !== undefined && {
        record: {
          topic: found.record.topic,
          key: found.record.key,
          ...(partition !== undefined && { partition }),
          headers: found.record.headers,
          bytes: found.record.value.length,
        },
      }),
      ...(repeated !== undefined && { repeats: repeated.id }),
      ...(rejection !== undefined && { rejection: explainRejection(rejection) }),
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
    ...(when !== undefined && { when: condition(when) }),
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
      declaredAt,
      events,
      topic,
      ...(when !== undefined && { when: condition(when) }),
      ...(key !== undefined && { key }),
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

function condition({ source, value, failed }: Evaluated): ExplainedCondition {
  return failed === undefined ? { source, outcome: holds(value) } : { source, outcome: 'failed', failed };
}

function explainRejection({ code, stage, message, detail }: Rejection): ExplainedRejection {
  return { code, stage, meaning: message, ...(detail !== undefined && { detail }) };
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
function describeValue(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return `an object of ${Object.keys(value).length} members`;
  return typeof value === 'boolean' ? `${value}` : 'a number';
}
