import { expect } from 'chai';
import type { PluginDeclaration } from '../../../src/config/plugins/declaration.js';
import { type Example, listExamples } from '../../../src/config/plugins/examples.js';
import type { Endpoint, KafkaRecord, OutgoingRequest } from '../../../src/core/model.js';
import { Rejection } from '../../../src/core/rejection.js';
import { freshen, type Message } from '../../../src/testing/simulator/freshen.js';
import { makeRequest } from '../../../src/testing/simulator/request.js';
import { putAt, valueAt } from '../../../src/util/json/paths.js';
import { isContainer } from '../../../src/util/values.js';
import { now } from '../signature/support.js';
import { declarationOf, loadEndpoint, pluginNames, proven, recordsOf, signed } from './endpoints.js';

/** Until the first retry of most providers. */
const pause = 10_000;
/** Leaves of an example that are changed, one at a time. */
const mostLeaves = 60;

/** The example as a provider would send it first: what it says of ids and times is anew. */
function firstSend(endpoint: Endpoint, example: Example): Message {
  return freshen(example, example.fresh, endpoint.provider.items, now, () => 0);
}

function requestOf({ path }: Endpoint, message: Message): OutgoingRequest {
  return makeRequest(`https://hooks.example.com${path}`, message);
}

/** What makes two records of an endpoint one event. */
function identityOf({ identity }: Endpoint['provider'], { headers }: KafkaRecord): string {
  const { ce_id = '', ce_type, ce_digest } = headers;
  const byId = identity.by === 'id' && !identity.placeholders.includes(ce_id);
  return JSON.stringify(byId ? [ce_id, ce_type] : [ce_id, ce_type, ce_digest]);
}

async function recordsAt(endpoint: Endpoint, request: OutgoingRequest, time: number): Promise<readonly KafkaRecord[]> {
  return recordsOf(endpoint, proven(endpoint, request, time), time);
}

/**
 * The same event again: the changes that the plugin declares, signed again at a later time. Where the signature stands in
 * the body, nothing says that a retry has a new one: the body is sent as it was.
 */
function retryOf(endpoint: Endpoint, { retries }: PluginDeclaration, message: Message, sent: OutgoingRequest) {
  const change = retries?.change ?? {};
  // What signing added beside the signature, such as an id, belongs to the message.
  const first = { ...message, headers: { ...sent.headers, ...message.headers } };
  const again = freshen(first, change, endpoint.provider.items, now + pause, (limit) => limit - 1);
  const request = signed(endpoint, requestOf(endpoint, again), now + pause);
  const bodyChanges = Object.keys(change).some((path) => !path.startsWith('$headers.'));
  if (bodyChanges || request.body.equals(sent.body)) return { request, time: now + pause };
  return { request: signed(endpoint, requestOf(endpoint, again), now), time: now };
}

/** Undefined where a request of this scheme cannot be signed: the leaf names an algorithm, say. */
function trySigning(endpoint: Endpoint, request: OutgoingRequest): OutgoingRequest | undefined {
  try {
    return signed(endpoint, request);
  } catch {
    return undefined;
  }
}

function* leavesOf(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  if (!isContainer(value)) yield path;
  else for (const [name, member] of Object.entries(value)) yield* leavesOf(member, [...path, name]);
}

function changed(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return typeof value === 'string' ? `${value}1` : 'x';
}

/** Spread evenly, where there are many. */
function sample<T>(all: readonly T[], most: number): readonly T[] {
  return all.filter(
    (_, index) => Math.floor((index * most) / all.length) !== Math.floor(((index - 1) * most) / all.length),
  );
}

/** What is read of an event is a text of its own: no part of it is what JavaScript calls nothing. */
const nothing = /(^|[^a-z])(undefined|null|NaN|\[object \w+\])([^a-z]|$)/;

for (const name of pluginNames) {
  describe(`laws of plugins/${name}`, () => {
    let endpoint: Endpoint;
    let declaration: PluginDeclaration;
    let examples: readonly Example[];

    before(async () => {
      declaration = await declarationOf(name);
      endpoint = await loadEndpoint(name);
      examples = await listExamples(endpoint.provider.folder);
    });

    // Both have one delivery's id: where that is a part of the event's, nothing else tells a repetition.
    it('1: an event that is sent again is one event', async () => {
      for (const example of examples) {
        const message = firstSend(endpoint, example);
        const sent = signed(endpoint, requestOf(endpoint, message));
        const first = await recordsAt(endpoint, sent, now);
        const { request, time } = retryOf(endpoint, declaration, message, sent);
        const again = await recordsAt(endpoint, request, time);
        const identities = (records: readonly KafkaRecord[]) =>
          records.map((each) => identityOf(endpoint.provider, each));
        expect(identities(again), example.type).to.deep.equal(identities(first));
      }
    });

    it('2: one leaf changed is another event, but for what the plugin declares', async () => {
      for (const example of examples) {
        const message = firstSend(endpoint, example);
        const sent = signed(endpoint, requestOf(endpoint, message));
        const first = await recordsAt(endpoint, sent, now);
        const known = new Set(first.map((each) => identityOf(endpoint.provider, each)));
        const values = new Set(first.map(({ value }) => value.toString('latin1')));
        for (const path of sample([...leavesOf(message.payload)], mostLeaves)) {
          const payload = putAt(structuredClone(message.payload), path, changed(valueAt(message.payload, path)));
          const request = trySigning(endpoint, requestOf(endpoint, { ...message, payload }));
          if (request === undefined) continue;
          const records = await recordsAt(endpoint, request, now).catch((error: unknown) => {
            // It becomes a dead letter, or is refused: nothing is taken for a repetition.
            if (error instanceof Rejection) return [];
            throw error;
          });
          const at = `${example.type}: ${path.join('.')}`;
          for (const record of records) {
            // A part of the body that is none of this event.
            if (values.has(record.value.toString('latin1'))) continue;
            if (endpoint.provider.identity.by !== 'id')
              expect(known.has(identityOf(endpoint.provider, record)), at).to.equal(false);
            else
              expect(
                [...(declaration.sources ?? [])].flatMap(({ about }) => about),
                at,
              ).to.include('id');
          }
        }
      }
    });

    it('3: bytes are those that were signed; id, type and key have no missing part', async () => {
      for (const example of examples) {
        const sent = signed(endpoint, requestOf(endpoint, firstSend(endpoint, example)));
        for (const record of await recordsAt(endpoint, sent, now)) {
          const { ce_id: id, ce_type: type } = record.headers;
          for (const [what, text] of Object.entries({ id, type, key: record.key })) {
            expect(text, `${example.type}: ${what}`).to.be.a('string').that.is.not.empty;
            expect(text, `${example.type}: ${what}`).to.not.match(nothing);
            if (what !== 'type') expect(text, `${example.type}: ${what}`).to.not.match(/^[.:-]|[.:-]$|\.\./);
          }
          if (endpoint.provider.items === undefined) expect(record.value.equals(sent.body)).to.equal(true);
          else if (endpoint.provider.readPayload === undefined) expect(sent.body.includes(record.value)).to.equal(true);
        }
      }
    });

    it('4: examples that concern one payment have one key', async () => {
      for (const payment of declaration.examples?.payments ?? []) {
        const keys = await Promise.all(
          payment.map(async (type) => {
            const example = examples.find((each) => each.type === type);
            expect(example, `there is no example ${type}`).to.not.equal(undefined);
            if (example === undefined) return undefined;
            const delivery = proven(endpoint, signed(endpoint, requestOf(endpoint, firstSend(endpoint, example))));
            // As shipped: what it says of the time may be long ago, which is of no interest here.
            const { body, headers } = signed(endpoint, requestOf(endpoint, example));
            const values = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, [value]]));
            const records = await recordsOf(
              endpoint,
              { ...delivery, body, headers: { ...delivery.headers, ...values } },
              now,
            );
            return records[0]?.key;
          }),
        );
        expect(new Set(keys), payment.join(', ')).to.have.property('size', 1);
      }
    });
  });
}
