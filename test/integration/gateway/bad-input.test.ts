import { expect } from 'chai';
import { accepted, body, type Case, unproven, unusable } from './bad-input.js';
import { expectContract } from './contract.js';
import { type Answer, digest, event, mark, now, post, runStripe, seconds, secrets, sign } from './stripe.js';

const unauthorized = '{"status":"rejected","error":"unauthorized"}';

describe('the gateway with the Stripe plugin', () => {
  let gateway: Awaited<ReturnType<typeof runStripe>>;

  before(async () => {
    gateway = await runStripe();
  });
  after(() => gateway.close());
  beforeEach(() => {
    gateway.publisher.records.length = 0;
    gateway.log.clear();
  });
  afterEach(() => {
    for (const record of gateway.publisher.records) expectContract(record);
    const { text } = gateway.log;
    for (const secret of [mark, ...Object.values(secrets), digest(body), 'isAdmin'])
      expect(text).not.to.include(secret);
    expect(gateway.log.find('bug')).to.deep.equal([]);
  });

  function send({ path = '/webhooks/stripe', body: given = body, headers = {}, method }: Case): Promise<Answer> {
    return post(gateway.url + path, given, headers, method);
  }
  /** The one record, which has the bytes of the request. */
  function only(given: string | Buffer | null = body) {
    const { records } = gateway.publisher;
    expect(records).to.have.length(1);
    const [record] = records;
    if (record === undefined) throw new Error('no record');
    expect(record.value.equals(Buffer.from(given ?? ''))).to.equal(true);
    return record;
  }

  describe('takes', () => {
    for (const one of accepted) {
      it(one.what, async () => {
        const { status, body: text } = await send(one);
        expect(status, text).to.equal(200);
        const record = only(one.body);
        expect(record.topic).to.equal(one.topic ?? 'webhooks.stripe.charge');
        expect(record.headers).to.include({ ce_secretname: one.secret ?? 'current', ce_subject: 'ch_1' });
        expect(JSON.parse(text)).to.deep.include({ status: 'accepted', kafka_topic: record.topic, kafka_offset: 0 });
      });
    }
  });

  describe('refuses as unproven, and tells only the operator why', () => {
    for (const one of unproven) {
      it(one.what, async () => {
        const answer = await send(one);
        expect([answer.status, answer.body]).to.deep.equal([401, unauthorized]);
        const { topic, headers } = only(one.body);
        expect(topic).to.equal('webhooks.dlq');
        expect(headers).to.include({ ce_reason: one.reason, ce_stage: 'verify', ce_verified: 'false' });
        expect(gateway.log.find('delivery not proven')).to.have.nested.property('[0].reason', one.reason);
      });
    }
  });

  describe('keeps as a dead letter', () => {
    for (const one of unusable) {
      it(one.what, async () => {
        const answer = await send(one);
        expect(answer.status, answer.body).to.equal(200);
        expect(JSON.parse(answer.body)).to.include({ status: 'dead_lettered', reason: one.reason });
        const { topic, headers } = only(one.body);
        expect(topic).to.equal('webhooks.dlq');
        expect(headers).to.include({ ce_reason: one.reason, ce_verified: 'true', ce_secretname: 'current' });
        expect(headers.ce_errors).not.to.include(mark);
        expect(gateway.log.find('delivery dead-lettered')).to.have.nested.property('[0].reason', one.reason);
      });
    }

    it('what the endpoint refuses with 422', async () => {
      const sent = [event({ livemode: false }), event({ id: 1 })];
      const reasons = ['livemode_mismatch', 'schema_violation'];
      for (const [index, given] of sent.entries()) {
        const { status, body: text } = await post(`${gateway.url}/strict`, given);
        expect([status, JSON.parse(text).reason]).to.deep.equal([422, reasons[index]]);
        expect(gateway.publisher.records[index]?.headers.ce_reason).to.equal(reasons[index]);
      }
    });
  });

  describe('lets nothing into a topic', () => {
    const refused: readonly (Case & { readonly status: number; readonly allow?: string })[] = [
      ...['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => ({
        what: `by ${method}`,
        method,
        status: 405,
        allow: 'POST',
        body: method === 'GET' ? null : body,
      })),
      { what: 'on another path', path: '/webhooks/stripe/x', status: 404 },
      { what: 'on an encoded path', path: '/webhooks%2fstripe', status: 404 },
      { what: 'of another media type', headers: { 'content-type': 'text/plain' }, status: 415 },
      { what: 'of an empty media type', headers: { 'content-type': '' }, status: 415 },
      { what: 'that is compressed', headers: { 'content-encoding': 'gzip' }, status: 415 },
    ];
    for (const one of refused) {
      it(one.what, async () => {
        const { status, headers } = await send(one);
        expect([status, headers.allow]).to.deep.equal([one.status, one.allow]);
        expect(gateway.publisher.records).to.deep.equal([]);
        expect(gateway.log.find('delivery refused')).to.have.length(1);
      });
    }
  });
});

describe('the budget for unproven deliveries', () => {
  it('bounds their dead letters, of which one address gets half, not those of proven ones', async () => {
    const { url, publisher, close } = await runStripe({ perMinute: 4 });
    const answers: number[] = [];
    for (let n = 0; n < 5; n++) {
      answers.push(
        (await post(`${url}/webhooks/stripe`, body, { 'stripe-signature': sign(body, seconds, `x${n}`) })).status,
      );
      answers.push((await post(`${url}/webhooks/stripe`, `${n}`)).status);
    }
    await close();
    expect(answers).to.deep.equal([401, 200, 401, 200, 401, 200, 401, 200, 401, 200]);
    const verified = publisher.records.map(({ headers }) => headers.ce_verified);
    expect(verified.filter((value) => value === 'false')).to.have.length(2);
    expect(verified.filter((value) => value === 'true')).to.have.length(5);
    expect(publisher.records[0]?.headers.ce_receivedtime).to.equal(new Date(now).toISOString());
  });
});
