import { assumeProven } from '../../core/dry-run.js';
import type { Delivery, Endpoint, Rule } from '../../core/model.js';
import { forChanged } from '../../dead-letters/changed.js';
import { provenByName } from '../../dead-letters/remembered.js';
import { compileCheck } from '../../diagnostics/schema-check.js';
import type { GivenRecord } from './input.js';

/** A delivery to take through the pipeline, and the endpoint as it has to be for that. */
export interface Rerun {
  readonly endpoint: Endpoint;
  readonly delivery: Delivery;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of what isn't as it was when the delivery came, for people. */
  readonly notes: readonly string[];
  /** Whether its signature is there to be verified. */
  readonly signed: boolean;
}

function isDeadLetter({ headers }: Pick<GivenRecord, 'headers'>): boolean {
  return headers.ce_type === 'webhook.dead_letter';
}

/** A record as the delivery that it came from, as far as the record tells. `fallback`: the time, where it doesn't say. */
export function fromRecord(record: GivenRecord, endpoint: Endpoint, fallback: number): Rerun {
  const { headers, value } = record;
  const received = Date.parse(headers.ce_receivedtime ?? '');
  const now = Number.isNaN(received) ? fallback : received;
  const common = { id: headers.ce_deliveryid ?? headers.ce_id ?? '', receivedAt: now, body: value };
  if (isDeadLetter(record)) {
    const { ce_requestmethod: method = 'POST', ce_requesttarget: target = endpoint.path } = headers;
    const delivery = { ...common, method, target, headers: requestHeaders(record) };
    const secret = headers.ce_secretname;
    const changed = headers.ce_protected !== undefined;
    const named = { verified: headers.ce_verified === 'true', secret, headers: delivery.headers, changed };
    const ready = changed ? forChanged(endpoint, [headers.ce_stage ?? '']) : endpoint;
    const remembered = provenByName(ready, named);
    const notes = changed ? [changedNote] : [];
    if (remembered === undefined) return { endpoint: ready, delivery, now, notes, signed: true };
    const what = changed ? 'what was signed' : 'its secret';
    const note = `${what} is not kept: it counts as proven, as the endpoint has a secret "${secret}"`;
    return { endpoint: remembered, delivery, now, notes: [...notes, note], signed: true };
  }
  const contentType = headers['content-type'];
  const delivery = {
    ...common,
    method: 'POST',
    target: endpoint.path,
    headers: contentType === undefined ? {} : { 'content-type': [contentType] },
  };
  const changed = headers.ce_protected !== undefined;
  const proven = assumeProven(changed ? forChanged(endpoint, []) : endpoint, headers.ce_secretname ?? 'unknown');
  const known = withRecordedFacts(asOneItem(proven), headers);
  const unknown = headersOfRoutes(endpoint);
  const notes = [
    ...(changed ? [changedNote] : []),
    ...known.notes,
    ...(unknown.length === 0
      ? []
      : [`schemas or routes read ${unknown.join(', ')}, and a record does not have the request's headers`]),
  ];
  return { endpoint: known.endpoint, delivery, now, notes, signed: false };
}

const changedNote = 'fields or card numbers of it are protected: what is made of them is not what it was';

/** A record of a batch is one of its items, cut out, as JSON. */
function asOneItem(endpoint: Endpoint): Endpoint {
  const { items, readPayload: _, ...provider } = endpoint.provider;
  return items === undefined ? endpoint : { ...endpoint, provider };
}

const recorded: { readonly [fact: string]: string } = {
  id: 'ce_id',
  type: 'ce_type',
  time: 'ce_time',
  subject: 'ce_subject',
  account: 'ce_account',
};

/** What was read from request headers, the record has as a header of its own. */
function withRecordedFacts(
  endpoint: Endpoint,
  headers: GivenRecord['headers'],
): { endpoint: Endpoint; notes: string[] } {
  const { provider } = endpoint;
  const notes: string[] = [];
  const replace = (name: string, rule: Rule): Rule => {
    const header = recorded[name];
    if (rule.headers.length === 0 || header === undefined) return rule;
    notes.push(`${name} is taken from ${header}: it was read from a header of the request`);
    return { ...rule, headers: [], evaluate: () => headers[header] };
  };
  const { id, type, ...others } = provider.event;
  const rest = Object.entries(others).map(([name, rule]) => [name, replace(name, rule)]);
  const event = { ...Object.fromEntries(rest), id: replace('id', id), type: replace('type', type) };
  return { endpoint: { ...endpoint, provider: { ...provider, event } }, notes };
}

function headersOfRoutes({ provider, routes }: Endpoint): readonly string[] {
  const rules = [...provider.schemas.map(({ when }) => when), ...routes.flatMap(({ when, key }) => [when, key])];
  return [...new Set(rules.flatMap((rule) => rule?.headers ?? []))].filter((name) => name !== 'content-type');
}

const checkHeaders = compileCheck<{ readonly [name: string]: readonly string[] }>({
  type: 'object',
  additionalProperties: { type: 'array', items: { type: 'string' } },
});

function requestHeaders({ headers }: GivenRecord): Delivery['headers'] {
  const contentType = headers['content-type'];
  const sent = contentType === undefined ? {} : { 'content-type': [contentType] };
  try {
    const checked = checkHeaders(JSON.parse(headers.ce_requestheaders ?? '{}'));
    return 'value' in checked ? { ...sent, ...checked.value } : sent;
  } catch {
    return sent;
  }
}
