import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { listSendable } from '../../../../src/config/plugins/examples.js';
import { loadPlugin } from '../../../../src/config/plugins/load.js';
import { assumeProven } from '../../../../src/core/dry-run.js';
import type { Endpoint, KafkaRecord } from '../../../../src/core/model.js';
import { verify } from '../../../../src/core/stages/verify.js';
import type { StoredRecord } from '../../../../src/publish/read.js';
import { toDelivery } from '../../../../src/testing/dry-run/compose.js';
import { makeEndpoint } from '../../../../src/testing/plugins/test-endpoint.js';
import { makeRequest } from '../../../../src/testing/simulator/request.js';
import { checkRecords } from '../../../../src/testing/simulator/scenarios/check.js';
import { listScenarios, type Scenario } from '../../../../src/testing/simulator/scenarios/declaration.js';
import { type ExpectedRecord, readExpected } from '../../../../src/testing/simulator/scenarios/expected.js';
import { addFaults, faults } from '../../../../src/testing/simulator/scenarios/faults.js';
import { lengthOf, type PlannedEvent, planLife } from '../../../../src/testing/simulator/scenarios/life.js';
import { seededRandom } from '../../../../src/testing/simulator/scenarios/random.js';
import { planTraffic } from '../../../../src/testing/simulator/scenarios/traffic.js';
import { parsePath, valueAt } from '../../../../src/util/json/paths.js';
import { writeJson } from '../../../../src/util/json/write.js';
import { recordsOf } from '../../plugins-data/endpoints.js';

const plugins = fileURLToPath(new URL('../../../../plugins/', import.meta.url));
const epoch = Date.UTC(2026, 0, 1);
const withScenarios = readdirSync(plugins).filter((name) => {
  try {
    return readdirSync(join(plugins, name)).includes('scenarios');
  } catch {
    return false;
  }
});

const adyenAmount = 'notificationItems.0.NotificationRequestItem.amount.value';
/** Provider, and of its payments and refunds: event type and path of the amount. */
const refunds = [
  ['adyen', ['AUTHORISATION', adyenAmount], ['REFUND', adyenAmount]],
  ['mollie', ['payment.paid', '_embedded.entity.amount.value'], ['refund.refunded', '_embedded.entity.amount.value']],
  [
    'paypal',
    ['PAYMENT.CAPTURE.COMPLETED', 'resource.amount.value'],
    ['PAYMENT.CAPTURE.REFUNDED', 'resource.amount.value'],
  ],
  [
    'razorpay',
    ['payment.captured', 'payload.payment.entity.amount'],
    ['refund.processed', 'payload.refund.entity.amount'],
  ],
] as const;

async function open(name: string): Promise<{ endpoint: Endpoint; scenarios: readonly Scenario[] }> {
  const folder = join(plugins, name);
  const { sound } = await loadPlugin(folder);
  if (sound === undefined) throw new Error(`${name} is not sound`);
  const endpoint = assumeProven(makeEndpoint(sound.provider, sound.declaration, []), 'made up');
  return { endpoint, scenarios: await listScenarios(folder) };
}

async function recordOf({
  endpoint,
  message,
}: Pick<PlannedEvent, 'endpoint' | 'message'>): Promise<readonly KafkaRecord[]> {
  const request = makeRequest(`https://hooks.example.com${endpoint.path}`, message);
  return recordsOf(endpoint, verify(endpoint, toDelivery(request, epoch), epoch), epoch);
}

function plan(scenario: Scenario, endpoint: Endpoint, seed = 1): Promise<readonly PlannedEvent[]> {
  return planLife(scenario, { life: '1', endpoint, start: 0, epoch, random: seededRandom(seed) });
}

/** What stands in Braintree's payload, which is the base64 of XML. */
function decoded(payload: unknown): string {
  const { bt_payload: text = '' }: { readonly bt_payload?: string } = Object(payload);
  return Buffer.from(text, 'base64').toString();
}

describe('scenarios', () => {
  for (const name of withScenarios) {
    describe(name, () => {
      for (const file of readdirSync(join(plugins, name, 'scenarios')).sort()) {
        it(`${file}: every step becomes a record of its type, and one payment has one key`, async () => {
          const { endpoint, scenarios } = await open(name);
          const scenario = scenarios.find((each) => `${each.name}.yaml` === file);
          if (scenario === undefined) throw new Error(`${file} is not read`);
          const events = await plan(scenario, endpoint);
          const keys = new Set<string>();
          const ids = new Set<string>();
          for (const event of events) {
            const records = await recordOf(event);
            expect(records.map(({ headers }) => headers.ce_type)).to.deep.equal([event.type]);
            for (const { key, headers } of records) {
              keys.add(key);
              ids.add(`${headers.ce_id} ${headers.ce_type} ${headers.ce_digest}`);
            }
          }
          expect(ids.size).to.equal(scenario.steps.length);
          if (scenario.payment === true) expect([...keys]).to.have.length(1);
          expect(events.at(-1)?.at).to.equal(lengthOf(scenario));
        });

        it(`${file}: nothing of the examples' ids is left`, async () => {
          const { endpoint, scenarios } = await open(name);
          const scenario = scenarios.find((each) => `${each.name}.yaml` === file);
          const models = Object.values(scenario?.values ?? {}).flatMap((value) => ('id' in value ? [value.id] : []));
          if (scenario === undefined || models.length === 0) throw new Error(`${file} has no ids`);
          const texts = (await plan(scenario, endpoint)).map(
            ({ message }) => writeJson(message) + decoded(message.payload),
          );
          expect(models.filter((id) => texts.some((text) => text.includes(id)))).to.deep.equal([]);
        });
      }
    });
  }

  for (const [name, payment, refund] of refunds) {
    it(`of ${name} refund what was paid`, async () => {
      const { endpoint, scenarios } = await open(name);
      const scenario = scenarios.find((each) => each.name === 'payment-refunded');
      if (scenario === undefined) throw new Error('no scenario');
      const events = await plan(scenario, endpoint);
      const amounts = ([type, path]: readonly [string, string]) =>
        events
          .filter((event) => event.type === type)
          .map(({ message }) => Number(valueAt(message.payload, parsePath(path))));
      const refunded = amounts(refund);
      expect(refunded).to.have.length(2);
      expect(refunded.reduce((sum, each) => sum + each, 0)).to.be.closeTo(amounts(payment)[0] ?? 0, 0.001);
    });
  }

  describe('of Stripe', () => {
    let endpoint: Endpoint;
    let scenarios: readonly Scenario[];
    before(async () => ({ endpoint, scenarios } = await open('stripe')));

    it('make the same events of the same seed, and others of another', async () => {
      const [scenario] = scenarios;
      if (scenario === undefined) throw new Error('no scenario');
      const texts = async (seed: number) =>
        (await plan(scenario, endpoint, seed)).map(({ message }) => writeJson(message));
      expect(await texts(7)).to.deep.equal(await texts(7));
      expect(await texts(7)).not.to.deep.equal(await texts(8));
    });

    it('keep ids and amounts through a life', async () => {
      const scenario = scenarios.find(({ name }) => name === 'payment-refunded-in-part');
      if (scenario === undefined) throw new Error('no scenario');
      const objects = (await plan(scenario, endpoint)).map(
        ({ message }) => JSON.parse(writeJson(message.payload)).data.object,
      );
      const refunds = objects.filter(({ object }) => object === 'refund');
      const [charge] = objects.filter(({ object }) => object === 'charge');
      expect(refunds.reduce((sum, { amount }) => sum + amount, 0)).to.equal(charge.amount);
      expect(new Set(refunds.map(({ charge: id }) => id))).to.deep.equal(new Set([charge.id]));
    });

    it('can be made of every event type of the catalogue, and each becomes a record', async () => {
      const sendable = await listSendable(join(plugins, 'stripe'));
      expect(sendable.map(({ type }) => type)).to.include.members([...endpoint.provider.eventTypes]);
      for (const message of sendable) {
        const records = await recordOf({ endpoint, message });
        expect(records.map(({ headers }) => headers.ce_type)).to.deep.equal([message.type]);
      }
    }).timeout(20_000);

    it('mix into traffic of the wanted rate, whose lives are apart', async () => {
      const playable = scenarios.map((scenario) => ({ scenario, endpoint }));
      const traffic = { merchants: 20, rate: 20, duration: 10_000, epoch, random: seededRandom(2) };
      const events = await planTraffic(playable, traffic);
      expect(events.length).to.be.within(200, 215);
      expect(new Set(events.map(({ life }) => life)).size).to.be.above(20);
    });

    it('with any faults, send each event of the plan once, and mark what comes again', async () => {
      const playable = scenarios.map((scenario) => ({ scenario, endpoint }));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), fc.subarray([...faults]), async (seed, chosen) => {
          const random = seededRandom(seed);
          const traffic = { merchants: 5, rate: 20, duration: 2_000, epoch, random };
          const events = await planTraffic(playable, traffic);
          const faulty = await addFaults(events, new Set(chosen), epoch, random);
          const isNew = ({ repetition, type }: PlannedEvent) => repetition === undefined && !type.startsWith('v1.');
          expect(faulty.filter(isNew).map(({ life, type }) => `${life} ${type}`)).to.have.members(
            events.map(({ life, type }) => `${life} ${type}`),
          );
          expect(faulty.map(({ at }) => at)).to.deep.equal(
            faulty.map(({ at }) => at).sort((one, other) => one - other),
          );
          if (!chosen.includes('repeat')) expect(faulty.filter(({ repetition }) => repetition)).to.be.empty;
        }),
        { numRuns: 20 },
      );
    }).timeout(20_000);
  });
});

describe('simulate check', () => {
  const expected = (id: string, startedAt: number, more: Partial<ExpectedRecord> = {}): ExpectedRecord => ({
    topic: 't',
    key: 'k',
    source: '/s',
    id,
    type: 'x',
    startedAt,
    answeredAt: startedAt + 5,
    ...more,
  });
  const stored = (id: string, offset: number, more: Partial<StoredRecord> = {}): StoredRecord => ({
    topic: 't',
    partition: 0,
    offset: BigInt(offset),
    key: 'k',
    value: Buffer.alloc(0),
    timestamp: 0,
    headers: { ce_source: '/s', ce_id: id, ce_type: 'x', ce_digest: `digest of ${id}` },
    ...more,
  });
  async function* stream(records: readonly StoredRecord[]) {
    yield* records;
  }
  const check = (wanted: readonly ExpectedRecord[], records: readonly StoredRecord[]) =>
    checkRecords(wanted, stream(records));

  it('finds nothing wrong where all is there once, in order', async () => {
    const checked = await check(
      [expected('a', 0), expected('b', 10)],
      [stored('a', 0), stored('other', 1), stored('b', 2)],
    );
    expect(checked).to.deep.equal({ expected: 2, found: 2, missing: [], twice: [], misplaced: [], outOfOrder: [] });
  });

  it('finds what is missing, there twice, elsewhere, or before its predecessor', async () => {
    const [a, b, c, d] = [expected('a', 0), expected('b', 10), expected('c', 20), expected('d', 30)];
    const records = [stored('b', 0), stored('a', 1), stored('d', 2), stored('d', 3), stored('c', 4, { key: 'l' })];
    const { missing, twice, misplaced, outOfOrder } = await check([a, b, c, d, expected('e', 40)], records);
    expect(missing.map(({ id }) => id)).to.deep.equal(['e']);
    expect(twice).to.deep.equal([d]);
    expect(misplaced).to.deep.equal([c]);
    expect(outOfOrder).to.deep.equal([b, d]);
  });

  it('asks no order of what was under way at the same time', async () => {
    const { outOfOrder } = await check([expected('a', 0), expected('b', 3)], [stored('b', 0), stored('a', 1)]);
    expect(outOfOrder).to.be.empty;
  });

  it('tells events of one id apart by their digests, where they are expected', async () => {
    const wanted = [expected('a', 0, { digest: 'digest of a' }), expected('a', 9, { digest: 'another' })];
    expect((await check(wanted, [stored('a', 0)])).missing).to.deep.equal([wanted[1]]);
  });

  it('says which line of the file is not of its form', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'expected-'));
    const file = join(folder, 'e.jsonl');
    await writeFile(file, `${JSON.stringify(expected('a', 0))}\n{"topic":1}\n`);
    const error = await readExpected(file).catch(String);
    expect(error).to.match(/e\.jsonl:2: not an expected record/);
    await rm(folder, { recursive: true });
  });
});
