import { expect } from 'chai';
import { request } from 'undici';
import { listOffers } from '../../../src/cli/simulation.js';
import type { OutgoingRequest } from '../../../src/core/model.js';
import { readTopics, type StoredRecord } from '../../../src/publish/read.js';
import { composer, type ExampleOffer } from '../../../src/testing/simulator/compose.js';
import { expectContract } from './contract.js';
import { plugins, type Running, run } from './running.js';

const environment = {
  STRIPE: 'whsec_qN8sTb3kUvEwYz',
  GITHUB: "It's a Secret to Everybody",
  STANDARD: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  ADYEN: 'DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00',
};
const yaml = `version: 1
server: { listen: "127.0.0.1:0", drain: 1s }
plugins: ${plugins}
embedded: { dir: data }
deadLetter: { topic: webhooks.dlq, unverified: { perMinute: 10000, bytesPerMinute: 1GiB } }
endpoints:
  - { provider: stripe, path: /webhooks/stripe, secrets: [{ name: current, env: STRIPE }] }
  - { provider: github, path: /webhooks/github, secrets: [{ name: current, env: GITHUB }] }
  - { provider: standard_webhooks, path: /webhooks/standard, secrets: [{ name: current, env: STANDARD }] }
  - { provider: adyen, path: /webhooks/adyen, secrets: [{ name: current, env: ADYEN }], accept: [signature-body-unbound] }
`;

describe('what the simulator sends for each provider', () => {
  let gateway: Running;
  let offers: readonly ExampleOffer[];

  before(async () => {
    gateway = await run({ 'gateway.yaml': yaml }, environment);
    offers = await listOffers(gateway.settings, undefined);
  });
  after(async () => {
    await gateway.close();
    for (const secret of Object.values(environment)) expect(gateway.log.text).not.to.include(secret);
  });

  function compose(offer: ExampleOffer, invalid = false): OutgoingRequest {
    const next = composer(offer, { base: gateway.url, overrides: [], invalid });
    if (next === undefined) throw new Error('no active secret');
    return next();
  }

  async function send({ url, method, headers, body }: OutgoingRequest): Promise<{ status: number; body: string }> {
    const answer = await request(url, { method, headers, body });
    return { status: answer.statusCode, body: await answer.body.text() };
  }

  /** Every record that is there; each keeps the contract. */
  async function stored(): Promise<StoredRecord[]> {
    const { publisher, topics } = gateway.settings;
    const records: StoredRecord[] = [];
    for await (const record of readTopics(publisher, topics, { from: 'beginning', until: 'end' })) {
      expectContract(record);
      records.push(record);
    }
    return records;
  }

  /** The records that the sending adds. */
  async function added(work: () => Promise<unknown>): Promise<StoredRecord[]> {
    const before = new Set((await stored()).map(({ topic, offset }) => `${topic}@${offset}`));
    await work();
    return (await stored()).filter(({ topic, offset }) => !before.has(`${topic}@${offset}`));
  }

  for (const name of ['stripe', 'github', 'standard_webhooks']) {
    it(`${name}: every example is in its topic, byte for byte`, async () => {
      const mine = offers.filter(({ endpoint }) => endpoint.name === name);
      expect(mine).not.to.deep.equal([]);
      const sent: { offer: ExampleOffer; body: Buffer; answer: string }[] = [];
      const records = await added(async () => {
        for (const offer of mine) {
          const request = compose(offer);
          const { status, body } = await send(request);
          expect(status, body).to.equal(200);
          sent.push({ offer, body: request.body, answer: body });
          expect((await send(compose(offer, true))).status).to.equal(401);
        }
      });
      const events = new Map(records.map((record) => [`${record.topic}@${record.offset}`, record]));
      const letters = records.filter(({ headers }) => headers.ce_reason === 'signature_mismatch');
      expect(records).to.have.length(2 * mine.length);
      expect(letters).to.have.length(mine.length);
      for (const { offer, body, answer } of sent) {
        const said = JSON.parse(answer);
        const record = events.get(`${said.kafka_topic}@${said.kafka_offset}`);
        expect(record?.value.equals(body), offer.type).to.equal(true);
        expect(record?.headers).to.include({ ce_type: offer.type, ce_endpoint: name, ce_secretname: 'current' });
        expect(said).to.include({
          status: 'accepted',
          event_id: record?.headers.ce_id,
          kafka_partition: record?.partition,
        });
      }
    });
  }

  describe('adyen', () => {
    /** A batch of every example, signed item by item. */
    function batch(): OutgoingRequest {
      const mine = offers.filter(({ endpoint }) => endpoint.name === 'adyen');
      const [first] = mine;
      if (first === undefined) throw new Error('no examples');
      const notificationItems = mine.flatMap(({ message }) => items(message.payload));
      return compose({ ...first, message: { headers: {}, payload: { live: 'false', notificationItems } } });
    }
    function items(payload: unknown): readonly unknown[] {
      const isBatch = typeof payload === 'object' && payload !== null && 'notificationItems' in payload;
      return isBatch && Array.isArray(payload.notificationItems) ? payload.notificationItems : [];
    }
    it('has a record for each item: its slice of the body; the answer is what Adyen wants', async () => {
      const sent = batch();
      const records = await added(async () => {
        expect(await send(sent)).to.deep.equal({ status: 200, body: '[accepted]' });
      });
      const values = records.map(({ value }) => ({ NotificationRequestItem: JSON.parse(String(value)) }));
      expect(values).to.have.deep.members([...items(JSON.parse(String(sent.body)))]);
      expect(records.every(({ value }) => sent.body.includes(value))).to.equal(true);
      expect(new Set(records.map(({ headers }) => headers.ce_deliveryid)).size).to.equal(1);
    });

    it('keeps the bytes of an item however it is written', async () => {
      const { body, ...rest } = batch();
      const pretty = Buffer.from(
        JSON.stringify(JSON.parse(body.toString()), null, 2).replace('"visa"', '"vis\\u0061 é"'),
      );
      const records = await added(async () => {
        expect((await send({ ...rest, body: pretty })).status).to.equal(200);
      });
      expect(records).to.have.length(items(JSON.parse(String(pretty))).length);
      for (const { value } of records) {
        expect(String(value)).to.match(/^\{\n {8}"[\s\S]*\n {6}\}$/);
        expect(pretty.includes(value)).to.equal(true);
      }
    });

    it('takes no item of a delivery with one that is not signed well', async () => {
      const { body, ...rest } = batch();
      const tampered = Buffer.from(body.toString().replace('"value":1500', '"value":1501'));
      expect(tampered.equals(body)).to.equal(false);
      const records = await added(async () => {
        expect(await send({ ...rest, body: tampered })).to.deep.equal({
          status: 401,
          body: '{"status":"rejected","error":"unauthorized"}',
        });
      });
      expect(records.map(({ topic, value }) => [topic, String(value)])).to.deep.equal([
        ['webhooks.dlq', tampered.toString()],
      ]);
      expect(JSON.parse(records[0]?.headers.ce_errors ?? '')).to.have.nested.property('[0].item');
    });
  });
});
