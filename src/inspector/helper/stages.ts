import { type RejectionCode, rejections, type Stage } from '../../core/rejection.js';
import type { ExplainedItem, ExplainedRoute, Explanation } from '../../testing/dry-run/explanation.js';
import type { DeliveryRow, DeliveryStage } from '../contract.js';
import { placeOf } from './describe.js';

type Name = DeliveryStage['name'];

/** Those that a delivery passes one after the other. */
const inOrder = ['verify', 'decode', 'split', 'validate', 'identify', 'map', 'protect'] as const;
const names: readonly string[] = inOrder;

/**
 * The life of a delivery: times and outcome of its row, decisions of today's explanation. A value of the payload is in neither but for what
 * the row has: ids, types and keys.
 */
export function makeStages(row: DeliveryRow, explanation: Explanation | undefined): readonly DeliveryStage[] {
  const stopped = row.events.length === 0 ? stageOf(row.reason) : undefined;
  const beforeBody = stopped === 'route' || (stopped === 'body' && row.bodyMs === undefined);
  const body: DeliveryStage = {
    name: 'body',
    decision: stopped === 'body' ? 'stopped' : beforeBody ? 'skipped' : 'passed',
    ...(row.bodyMs !== undefined && { at: row.bodyMs }),
    detail: stopped === 'body' ? meaningOf(row.reason) : beforeBody ? 'it was not read' : `${row.bytes} bytes`,
  };
  return [
    {
      name: 'received',
      decision: stopped === 'route' ? 'stopped' : 'passed',
      at: 0,
      detail: describeArrival(row, stopped),
    },
    body,
    ...(row.outcome === 'handshake' ? [] : inOrder.flatMap((name) => stageFor(name, row, stopped, explanation))),
    ...row.events.flatMap(describeEvent),
    ...describePublish(row, stopped),
    ...describeLetter(row),
    { name: 'answered', decision: 'passed', at: row.ms, detail: `${row.status}, ${row.outcome}` },
  ];
}

function describeArrival({ address, path, reason }: DeliveryRow, stopped: Stage | undefined): string {
  const from = address === undefined ? '' : ` from ${address}`;
  return stopped === 'route' ? `${path}${from}: ${meaningOf(reason)}` : `${path}${from}`;
}

function stageFor(
  name: (typeof inOrder)[number],
  row: DeliveryRow,
  stopped: Stage | undefined,
  explanation: Explanation | undefined,
): readonly DeliveryStage[] {
  const position = inOrder.indexOf(name);
  const end = names.indexOf(stopped ?? '');
  const isBefore = stopped === 'route' || stopped === 'body';
  if (isBefore || (end >= 0 && position > end))
    return [{ name, decision: 'skipped', detail: 'it did not come so far' }];
  if (row.outcome === 'error' || row.outcome === 'unavailable')
    return [
      {
        name,
        decision: stopped === name ? 'stopped' : 'unknown',
        detail: stopped === name ? meaningOf(row.reason) : 'not noted',
      },
    ];
  const told = explanation === undefined ? [] : explained(name, row, explanation);
  if (stopped === name) {
    const [first, ...others] = told;
    const detail = `${row.reason}: ${meaningOf(row.reason)}`;
    return [
      { ...first, name, decision: 'stopped', detail: first === undefined ? detail : `${detail}. ${first.detail}` },
      ...others,
    ];
  }
  return told.length > 0
    ? told
    : [{ name, decision: 'passed', detail: name === 'verify' ? describeProof(row) : 'passed' }];
}

function describeProof({ secret }: DeliveryRow): string {
  return secret === undefined ? 'not proven' : `proven by secret "${secret}"`;
}

/** What today's rules make of it at this stage. */
function explained(
  name: (typeof inOrder)[number],
  row: DeliveryRow,
  explanation: Explanation,
): readonly DeliveryStage[] {
  if (name === 'verify') return [{ name, decision: 'passed', detail: describeVerification(row, explanation) }];
  return explanation.items.flatMap((item) => {
    const at = item.pointer === '' ? {} : { item: item.pointer };
    if (name === 'validate' && item.schemas.length > 0) return [{ name, ...at, ...describeSchemas(item) }];
    if (name === 'identify' && item.facts.length > 0) return [{ name, ...at, ...describeFacts(item) }];
    if (name === 'map') return describeRoutes(item).map((stage) => ({ ...stage, ...at }));
    return [];
  });
}

function describeVerification(row: DeliveryRow, { verification }: Explanation): string {
  if (verification.outcome !== 'refused') return describeProof(row);
  const causes = verification.causes.map(
    ({ sure, cause, advice }) => `${sure}: ${cause}${advice === undefined ? '' : ` (${advice})`}`,
  );
  return causes.join('; ') || describeProof(row);
}

function describeSchemas({ schemas }: ExplainedItem): Pick<DeliveryStage, 'decision' | 'detail' | 'rule'> {
  const used = schemas.filter(({ outcome }) => outcome !== 'not for it');
  const parts = used.map(({ name, outcome, errors }) => {
    const faults = errors.map(({ pointer, message, is }) => `${pointer || 'the whole'} ${message}, is ${is}`);
    return `${name}: ${outcome}${faults.length === 0 ? '' : ` (${faults.join('; ')})`}`;
  });
  const isGood = used.length > 0 && used.every(({ outcome }) => outcome === 'valid');
  const rule = used.find(({ when }) => when !== undefined)?.when?.source;
  return {
    decision: isGood ? 'passed' : 'stopped',
    detail: parts.join(', ') || 'no schema is for it',
    ...(rule !== undefined && { rule }),
  };
}

/** Names and rules of the facts; what they are, only where the row has it. */
function describeFacts({ facts }: ExplainedItem): Pick<DeliveryStage, 'decision' | 'detail'> {
  const used = facts.filter((fact) => fact.used).map(({ name, source }) => `${name} = ${source}`);
  const unused = facts
    .filter((fact) => !fact.used)
    .map(({ name, source, failed }) => `${name} = ${source} ${failed ?? 'finds nothing usable'}`);
  const isNamed = ['id', 'type'].every((name) => facts.some((fact) => fact.name === name && fact.used));
  return { decision: isNamed ? 'passed' : 'stopped', detail: [...used, ...unused].join('\n') };
}

/** Those whose events fit, up to the one that was taken. */
function describeRoutes({ routes }: ExplainedItem): readonly DeliveryStage[] {
  const tried = routes.filter(({ outcome }) => outcome !== 'other events' && outcome !== 'not tried');
  return tried.map((route) => ({
    name: 'map' as const,
    decision:
      route.outcome === 'taken'
        ? ('passed' as const)
        : route.outcome === 'failed'
          ? ('stopped' as const)
          : ('skipped' as const),
    detail: describeRoute(route),
    place: placeOf(route),
    ...(route.when !== undefined && { rule: route.when.source }),
  }));
}

function describeRoute({ outcome, topic, when, key }: ExplainedRoute): string {
  const keyed =
    key === undefined ? '' : `, key ${key.source}${key.failed === undefined ? '' : ` failed: ${key.failed}`}`;
  if (outcome === 'taken') return `to ${topic}${keyed}`;
  if (outcome === 'failed') return `to ${topic}: ${when?.failed ?? 'its rule failed'}${keyed}`;
  return `not to ${topic}: the condition is false`;
}

function describeEvent({
  outcome,
  id,
  type,
  topic,
  partition,
  offset,
  reason,
  item,
}: DeliveryRow['events'][number]): readonly DeliveryStage[] {
  const at = item === undefined ? {} : { item };
  if (outcome === 'dead_lettered') {
    const name: Name = toName(stageOf(reason));
    return [{ name, decision: 'stopped', detail: `${reason}: ${meaningOf(reason)}`, ...at }];
  }
  const event = `${type} ${id}`;
  const place = offset === undefined ? `${topic}, by way of the spool` : `${topic}/${partition}@${offset}`;
  if (outcome === 'duplicate')
    return [{ name: 'dedupe', decision: 'stopped', detail: `${event} was published before: ${place}` }];
  return [
    { name: 'dedupe', decision: 'passed', detail: `${event} is new` },
    { name: 'publish', decision: 'passed', detail: offset === undefined ? `${place}: safe on disk` : place },
  ];
}

/** Of a delivery that could not be made safe. */
function describePublish({ reason }: DeliveryRow, stopped: Stage | undefined): readonly DeliveryStage[] {
  if (stopped !== 'publish') return [];
  return [{ name: 'publish', decision: 'stopped', detail: `${reason}: ${meaningOf(reason)}` }];
}

function describeLetter({ letter }: DeliveryRow): readonly DeliveryStage[] {
  if (letter === undefined) return [];
  const { topic, partition, offset } = letter;
  const detail = offset === undefined ? `${topic}, by way of the spool` : `${topic}/${partition}@${offset}`;
  return [{ name: 'dead_letter', decision: 'passed', detail }];
}

function toName(stage: Stage | undefined): Name {
  return stage === undefined || stage === 'route' ? 'received' : stage;
}

function isCode(code: string): code is RejectionCode {
  return Object.hasOwn(rejections, code);
}

function stageOf(code: string | undefined): Stage | undefined {
  return code !== undefined && isCode(code) ? rejections[code].stage : undefined;
}

function meaningOf(code: string | undefined): string {
  return code !== undefined && isCode(code) ? rejections[code].meaning : 'no reason is noted';
}
