import braintree from 'braintree';
import { expect } from 'chai';
import type { Endpoint, KafkaRecord } from '../../../src/core/model.js';
import { makeRequest } from '../../../src/testing/simulator/request.js';
import { now } from '../signature/support.js';
import { loadEndpoint, proven, recordsOf, signed } from './endpoints.js';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const gateway = new braintree.BraintreeGateway({
  environment: braintree.Environment.Sandbox,
  merchantId: 'merchant',
  publicKey: 'made_up_public_key',
  privateKey: 'private',
});
const kinds = Object.values(braintree.WebhookNotification.Kind).filter((kind) => typeof kind === 'string');
/** Kinds that are about no object: a digest names them. */
const without = ['account_updater_daily_report', 'check'];

/** The sample of Braintree's SDK, its XML changed by `edit`. */
function sampleOf(kind: string, edit: (xml: string) => string = (xml) => xml): { readonly bt_payload: string } {
  const { bt_payload } = gateway.webhookTesting.sampleNotification(kind, 'the_object');
  return { bt_payload: Buffer.from(edit(Buffer.from(bt_payload, 'base64').toString())).toString('base64') };
}

async function recordOf(endpoint: Endpoint, payload: object): Promise<KafkaRecord> {
  const request = makeRequest('https://hooks.example.com/webhooks/braintree', { headers: form, payload });
  const [record] = await recordsOf(endpoint, proven(endpoint, signed(endpoint, request)), now);
  return record ?? expect.fail('no record');
}

describe('plugins/braintree: the kinds of the SDK', () => {
  let endpoint: Endpoint;

  before(async () => {
    endpoint = await loadEndpoint('braintree');
  });

  it('are 41, and each is an event of its own, with an object as its subject', async () => {
    const records = await Promise.all(kinds.map((kind) => recordOf(endpoint, sampleOf(kind))));
    expect(records).to.have.lengthOf(41);
    expect(records.map(({ headers }) => headers.ce_type)).to.have.members(kinds);
    expect(new Set(records.map(({ headers }) => headers.ce_id)).size).to.equal(41);
    for (const { headers, key } of records) {
      const { ce_type: kind = '', ce_id: id = '', ce_subject: subject } = headers;
      if (without.includes(kind)) expect(id, kind).to.match(/\.[\da-f]{64}$/);
      else expect(id, kind).to.match(new RegExp(`\\.${subject}$`));
      expect(key, kind).to.not.equal('');
    }
  });

  it('tell two objects of one kind and second apart', async () => {
    const rename = (xml: string) => xml.replaceAll(/the_object|a-payment-id|abc123z?|TOKEN-12345|2016-01-14/g, '$&2');
    for (const kind of kinds.filter((each) => each !== 'check')) {
      const [one, other] = [sampleOf(kind), sampleOf(kind, rename)];
      const ids = await Promise.all([one, other].map(async (each) => (await recordOf(endpoint, each)).headers.ce_id));
      expect(ids[0], kind).to.not.equal(ids[1]);
    }
  });

  it('keep a transaction, its refund and its dispute under one key', async () => {
    const refund = (xml: string) =>
      xml.replace(
        '<amount>',
        '<refunded-transaction-id>sale_1</refunded-transaction-id><local-payment nil="true"/><amount>',
      );
    const sale = (xml: string) =>
      xml.replaceAll('the_object', 'sale_1').replace('<amount>', '<refunded-transaction-id nil="true"/><amount>');
    const records = await Promise.all([
      recordOf(endpoint, sampleOf('transaction_settled', sale)),
      recordOf(endpoint, sampleOf('transaction_reviewed', sale)),
      recordOf(endpoint, sampleOf('transaction_settled', refund)),
      recordOf(endpoint, sampleOf('refund_failed', refund)),
      recordOf(endpoint, sampleOf('dispute_opened', sale)),
    ]);
    expect(records.map(({ key }) => key)).to.deep.equal(Array(5).fill('sale_1'));
  });

  it('keep a local payment and its transaction under one key', async () => {
    const local = (xml: string) =>
      xml.replace('<amount>', '<local-payment><payment-id>a-payment-id</payment-id></local-payment><amount>');
    const records = await Promise.all([
      recordOf(endpoint, sampleOf('local_payment_completed')),
      recordOf(endpoint, sampleOf('local_payment_expired')),
      recordOf(endpoint, sampleOf('local_payment_funded')),
      recordOf(endpoint, sampleOf('local_payment_reversed')),
      recordOf(endpoint, sampleOf('transaction_settled', local)),
    ]);
    expect(records.map(({ key }) => key)).to.deep.equal(Array(5).fill('a-payment-id'));
  });
});
