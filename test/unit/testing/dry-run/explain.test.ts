import { expect } from 'chai';
import { explanationLines } from '../../../../src/cli/explain-lines.js';
import type { Delivery, Endpoint } from '../../../../src/core/model.js';
import { compileRule } from '../../../../src/core/rules/compile.js';
import { explain } from '../../../../src/testing/dry-run/explain.js';
import type { Explanation } from '../../../../src/testing/dry-run/explanation.js';
import { dryRunRequest } from '../../../../src/testing/dry-run/request.js';
import { delivery, endpoint, failing, provider, route } from '../../../support/provider.js';

const options = { now: Date.UTC(2026, 0, 1), largest: 1000, deadLetterTopic: 'webhooks.dlq' };
const told = {
  subject: 'it',
  notes: [],
  partitionOf: () => ({ number: 1, of: 2 }),
  verification: { outcome: 'proven', secret: 'current', signedHere: false },
} as const;

async function explained(at: Endpoint, given: Delivery): Promise<Explanation> {
  return explain(at, await dryRunRequest(at, given, options), told);
}

function jsonata(source: string) {
  return compileRule(source).rule ?? expect.fail(source);
}

const routes = [
  route('webhooks.large', {
    events: ['pay.*'],
    matches: (type) => type.startsWith('pay.'),
    when: jsonata('amount > 100'),
  }),
  route('webhooks.pay', { matches: (type) => type.startsWith('pay.'), key: jsonata('card.id') }),
  route('webhooks.other'),
];

describe('explain', () => {
  it('says of each route why it was taken or not, and what the record is', async () => {
    const at = endpoint({ routes });
    const { items, answer } = await explained(
      at,
      delivery({ id: 'e1', type: 'pay.done', amount: 7, card: { id: 'c1' } }),
    );
    expect(answer).to.deep.equal({ status: 200, verdict: 'published' });
    expect(items[0]?.routes.map(({ outcome }) => outcome)).to.deep.equal(['condition false', 'taken', 'not tried']);
    expect(items[0]?.routes[0]?.when).to.deep.equal({ source: 'amount > 100', outcome: false });
    expect(items[0]?.routes[1]?.key).to.deep.equal({ source: 'card.id', value: 'c1' });
    expect(items[0]?.record).to.deep.include({ topic: 'webhooks.pay', key: 'c1', partition: { number: 1, of: 2 } });
    expect(items[0]?.facts.map(({ name, value }) => [name, value])).to.deep.equal([
      ['id', 'e1'],
      ['type', 'pay.done'],
    ]);
  });

  it('says which rule failed, in conditions and keys', async () => {
    const event = delivery({ id: 'e1', type: 'x' });
    for (const broken of [route('t', { when: failing() }), route('t', { key: failing() })]) {
      const { items, deadLetter } = await explained(endpoint({ routes: [broken, route('u')] }), event);
      expect(items[0]?.routes.map(({ outcome }) => outcome)).to.deep.equal(['failed', 'not tried']);
      expect(items[0]?.rejection).to.include({ code: 'rule_failed', stage: 'map' });
      expect(deadLetter).to.deep.equal({ topic: 'webhooks.dlq', reason: 'rule_failed' });
    }
  });

  it('shows where a payload disagrees with its schema, and no value of it', async () => {
    const check = () => [
      { pointer: '/card/number', message: 'must be integer' },
      { pointer: '/a/b', message: 'must be there' },
    ];
    const schemas = [
      { name: 'thin.json', when: jsonata('thin'), check: () => [] },
      { name: 'event.json', check },
    ];
    const given = delivery({ id: 'e1', type: 'x', card: { number: '4242424242424242' } });
    const explanation = await explained(endpoint({ provider: provider({ schemas }) }), given);
    expect(explanation.items[0]?.schemas).to.deep.equal([
      { name: 'thin.json', when: { source: 'thin', outcome: false }, outcome: 'not for it', errors: [] },
      {
        name: 'event.json',
        outcome: 'invalid',
        errors: [
          { pointer: '/card/number', message: 'must be integer', is: 'a text of 16 characters' },
          { pointer: '/a/b', message: 'must be there', is: 'absent' },
        ],
      },
    ]);
    expect(JSON.stringify(explanation) + explanationLines(explanation)).not.to.contain('4242');
  });

  it('keeps the items of a batch apart, the ones that stop too', async () => {
    const schemas = [{ name: 's', check: (value: unknown) => (value === 3 ? [{ pointer: '', message: 'no' }] : []) }];
    const at = endpoint({ provider: provider({ items: '/list/*', schemas }) });
    const list = [{ id: 'a', type: 'x' }, 3, { type: 'x' }, { id: 'b', type: 'x' }, { id: 'a', type: 'x' }];
    const { items, answer } = await explained(at, delivery({ list }));
    expect(
      items.map(({ pointer, rejection, record, repeats }) => [pointer, rejection?.code ?? record?.key ?? repeats]),
    ).to.deep.equal([
      ['/list/0', 'a'],
      ['/list/1', 'schema_violation'],
      ['/list/2', 'event_unidentified'],
      ['/list/3', 'b'],
      ['/list/4', 'a'],
    ]);
    expect(items[4]).to.include({ repeats: 'a' });
    expect(answer).to.deep.equal({ status: 200, verdict: 'dead letter: schema_violation' });
  });

  it('stops where the gateway stops, before and after the signature', async () => {
    const at = endpoint();
    const event = { id: 'e1', type: 'x' };
    for (const [given, code, status] of [
      [{ ...delivery(event), method: 'PUT' }, 'method_not_allowed', 405],
      [delivery(event, { 'content-type': ['text/plain'] }), 'media_type_unsupported', 415],
      [delivery(event, { 'content-encoding': ['gzip'] }), 'encoding_unsupported', 415],
      [delivery({ ...event, long: 'x'.repeat(1000) }), 'body_too_large', 413],
      [delivery(event, { 'x-sig': ['nope'] }), 'signature_mismatch', 401],
      [delivery('{'), 'payload_malformed', 200],
    ] as const) {
      const { rejection, answer, items } = await explained(at, given);
      expect([rejection?.code, answer.status, items.length]).to.deep.equal([code, status, 0]);
    }
    const refusing = await explained(endpoint({ rejected: 'refuse' }), delivery('{'));
    expect(refusing.answer.status).to.equal(422);
  });

  it('prints no control characters', async () => {
    const at = endpoint();
    const lines = explanationLines(await explained(at, delivery({ id: 'e\u001b[2J', type: 'x\u0007' })));
    expect(lines.split('\n').join('')).not.to.match(/\p{Cc}/u);
  });
});
