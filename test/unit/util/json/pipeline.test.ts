import { expect } from 'chai';
import { explanationLines } from '../../../../src/cli/explain-lines.js';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import { loadPlugin } from '../../../../src/config/plugins/load.js';
import type { Endpoint, Rule } from '../../../../src/core/model.js';
import { handle, type Ports } from '../../../../src/core/pipeline.js';
import { compileRule } from '../../../../src/core/rules/compile.js';
import { joinParts } from '../../../../src/core/rules/parts.js';
import { noDedupe } from '../../../../src/storage/dedupe/open.js';
import { toDelivery } from '../../../../src/testing/dry-run/compose.js';
import { explain } from '../../../../src/testing/dry-run/explain.js';
import { dryRunRequest } from '../../../../src/testing/dry-run/request.js';
import { type MemoryPublisher, memoryPublisher } from '../../../support/memory-publisher.js';
import { delivery, endpoint, provider, route } from '../../../support/provider.js';

function ruleOf(source: string): Rule {
  return compileRule(source).rule ?? expect.fail(source);
}

describe('a webhook with numbers that JavaScript rounds', () => {
  let publisher: MemoryPublisher;
  let ports: Ports;
  beforeEach(() => {
    publisher = memoryPublisher();
    ports = {
      publisher,
      dedupe: noDedupe,
      deadLetterTopic: 'dlq',
      now: () => Date.UTC(2026, 0, 2),
      mayKeepUnverified: () => true,
    };
  });

  async function shopify(body: string): Promise<void> {
    const { provider: made } = await loadPlugin(`${ownPlugins}/shopify`);
    const used = made ?? expect.fail('no plugin');
    const key = used.scheme.key('secret');
    const at: Endpoint = endpoint({ provider: used, secrets: [{ name: 'current', key }], routes: used.routes });
    const headers = { 'content-type': 'application/json', 'x-shopify-topic': 'orders/create' };
    const request = {
      method: 'POST',
      url: 'https://gateway.invalid/webhooks/shopify',
      body: Buffer.from(body),
      headers: { ...headers, 'x-shopify-webhook-id': 'w1', 'x-shopify-shop-domain': 'example.myshopify.com' },
    };
    const { rejected } = await handle(at, toDelivery(used.scheme.sign(request, key, ports.now()), ports.now()), ports);
    expect(rejected).to.deep.equal([]);
  }

  it("has Shopify's own orders under keys of their own", async () => {
    await shopify('{"id":820982911946154508,"total_price":"388.00"}');
    await shopify('{\n  "id": 820982911946154509\n}');
    await shopify('{"id":820982911946154508,"admin_graphql_api_id":"gid://shopify/Order/820982911946154508"}');
    expect(publisher.records.map(({ key, headers }) => [key, headers.ce_subject])).to.deep.equal([
      ['820982911946154508', '820982911946154508'],
      ['820982911946154509', '820982911946154509'],
      ['820982911946154508', 'gid://shopify/Order/820982911946154508'],
    ]);
  });

  const event = {
    id: joinParts([ruleOf('id'), ruleOf('l[0].amount')]),
    type: ruleOf('"paid." & version'),
    subject: ruleOf('l[0].amount'),
    account: ruleOf('account'),
  };
  const routes = [
    route('large', { when: ruleOf('amount > 9007199254740993'), key: ruleOf('amount') }),
    route('zero', { when: ruleOf('discount'), key: ruleOf('account') }),
    route('list', { when: ruleOf('l[0].amount > 10'), key: ruleOf('l[0].amount') }),
    route('small', { key: ruleOf('amount') }),
  ];
  const body = (amount: string, line: string, discount: string) =>
    `{"id":12345678901234567890,"version":1.0,"account":9007199254740993,"amount":${amount},"discount":${discount},"l":[{"amount":${line}}]}`;

  it('keeps every digit in id, type, subject, account and key, and compares them rightly', async () => {
    const at = endpoint({ provider: provider({ event }), routes });
    for (const [amount, line, discount] of [
      ['9007199254740994', '1.10', '0.00'],
      ['9007199254740993', '1.10', '0.50'],
      ['9007199254740993', '10.000000000000000001', '0.00'],
      ['9007199254740992', '10.00', '-0'],
    ] as const)
      expect((await handle(at, delivery(body(amount, line, discount)), ports)).rejected).to.deep.equal([]);
    expect(publisher.records.map(({ topic, key }) => [topic, key])).to.deep.equal([
      ['large', '9007199254740994'],
      ['zero', '9007199254740993'],
      ['list', '10.000000000000000001'],
      ['small', '9007199254740992'],
    ]);
    const [{ headers } = expect.fail()] = publisher.records;
    expect(headers).to.include({
      ce_id: '12345678901234567890.1.10',
      ce_type: 'paid.1.0',
      ce_subject: '1.10',
      ce_account: '9007199254740993',
    });
  });

  it('keeps them in each item of a batch', async () => {
    const items = ['9007199254740994', '5', '9007199254740993.0'].map((amount) => body(amount, '1.10', '0'));
    const at = endpoint({ provider: provider({ event, items: '/é/*' }), routes });
    await handle(at, delivery(`{"é": [${items.join(' , ')}]}`), ports);
    expect(publisher.records.map(({ topic, key }) => [topic, key])).to.deep.equal([
      ['large', '9007199254740994'],
      ['small', '5'],
      ['small', '9007199254740993.0'],
    ]);
  });

  it('shows schemas what they have always seen', async () => {
    const seen: unknown[] = [];
    const check = (value: unknown) => {
      seen.push(value);
      return [];
    };
    const schemas = [
      { name: 'large', when: ruleOf('amount > 9007199254740993'), check: () => expect.fail('another schema') },
      { name: 'a', check },
    ];
    const text = body('9007199254740993', '1.10', '0.00');
    await handle(endpoint({ provider: provider({ event, schemas }), routes }), delivery(text), ports);
    expect(seen).to.deep.equal([JSON.parse(text)]);
    expect(publisher.records).to.have.length(1);
  });

  it('is explained with its digits', async () => {
    const at = endpoint({ provider: provider({ event }), routes });
    const options = { now: Date.UTC(2026, 0, 1), largest: 1_000, deadLetterTopic: 'dlq' };
    const walked = await dryRunRequest(at, delivery(body('9007199254740993', '1.10', '0.5')), options);
    const explanation = explain(at, walked, {
      subject: 'it',
      notes: [],
      partitionOf: () => undefined,
      verification: { outcome: 'proven', secret: 'current', signedHere: false },
    });
    expect(explanationLines(explanation)).to.include('account  9007199254740993  ←');
    expect(JSON.stringify(explanation)).to.include('{"name":"account","source":"account","value":"9007199254740993"');
  });
});
