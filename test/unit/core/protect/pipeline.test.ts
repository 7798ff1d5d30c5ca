import { createHash, createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import type { Endpoint, Fingerprint, KafkaRecord, Protection } from '../../../../src/core/model.js';
import { handle, type Outcome, type Ports } from '../../../../src/core/pipeline.js';
import { createProtection, type ProtectionOptions } from '../../../../src/core/protect/protection.js';
import { createSealer } from '../../../../src/core/protect/sealer.js';
import { noDedupe } from '../../../../src/storage/dedupe/open.js';
import { memoryPublisher } from '../../../support/memory-publisher.js';
import { delivery, endpoint, failing, provider, route, rule } from '../../../support/provider.js';

const sealer = createSealer('k1', createSecretKey(Buffer.alloc(32, 7)));
const number = '4242424242424242';

interface Run {
  readonly outcome: Outcome;
  readonly records: readonly KafkaRecord[];
  readonly fingerprints: readonly Fingerprint[];
}

async function run(
  body: unknown,
  options: Partial<ProtectionOptions>,
  over: Partial<Endpoint> = {},
  headers: { [name: string]: string[] } = {},
): Promise<Run> {
  const publisher = memoryPublisher();
  const fingerprints: Fingerprint[] = [];
  const ports: Ports = {
    publisher,
    dedupe: {
      once(fingerprint, publish) {
        fingerprints.push(fingerprint);
        return noDedupe.once(fingerprint, publish);
      },
    },
    deadLetterTopic: 'webhooks.dlq',
    now: () => Date.UTC(2026, 0, 2),
    mayKeepUnverified: () => true,
  };
  const protect = createProtection({ fields: [], panGuard: 'off', ...options });
  const outcome = await handle(endpoint({ protect, ...over }), delivery(body, headers), ports);
  return { outcome, records: publisher.records, fingerprints };
}

function field(path: string, action: Protection['fields'][number]['do']) {
  return { path, do: action };
}

const withSubject = provider({
  event: {
    id: rule((input) => input.id),
    type: rule((input) => input.type),
    subject: rule((input) => input.card),
    time: rule((input) => input.time),
  },
});

describe('the pipeline of an endpoint that protects', () => {
  it('publishes the very bytes where there is nothing to protect', async () => {
    const sent = delivery({ id: 'evt_1', type: 'paid' });
    const { records, outcome } = await run(sent.body, { panGuard: 'mask', fields: [field('/card', 'mask')] });
    const [record] = records;
    expect(record?.value.equals(sent.body)).to.equal(true);
    expect(record?.headers).to.not.have.property('ce_protected');
    expect(outcome).to.not.have.property('protected');
  });

  it('knows a repetition by the original, and hashes that with the key', async () => {
    const body = '{"id":"evt_1","type":"paid","card":"1234"}';
    const { records, fingerprints, outcome } = await run(body, { sealer, fields: [field('/card', 'mask')] });
    const sha256 = createHash('sha256').update(body).digest('base64');
    expect(fingerprints).to.deep.include({
      endpoint: 'acme',
      id: 'evt_1',
      type: 'paid',
      digest: sha256,
      by: 'content',
    });
    expect(records[0]?.headers.ce_digest).to.equal(`hmac-sha-256=:${sealer.digest(Buffer.from(body))}:`);
    expect(records[0]?.value.toString()).to.equal('{"id":"evt_1","type":"paid","card":"****"}');
    expect(JSON.parse(records[0]?.headers.ce_protected ?? '')).to.deep.equal({
      fields: { '/card': 'mask' },
      key: 'k1',
    });
    expect(outcome.protected).to.deep.equal({ cards: 0, values: 1, names: [] });
  });

  it('without a key has no digest of the original, which all numbers could be tried against', async () => {
    const body = '{"id":"evt_1","type":"paid","card":"1234"}';
    const { records } = await run(body, { fields: [field('/card', 'drop')] });
    const sha256 = createHash('sha256').update('{"id":"evt_1","type":"paid"}').digest('base64');
    expect(records[0]?.headers.ce_digest).to.equal(`sha-256=:${sha256}:`);
  });

  it('puts the token of the original in the place of what was made of a protected value', async () => {
    const body = { id: number, type: 'paid', card: number, time: '2026-01-01T00:00:00Z' };
    const fields = [field('/card', 'encrypt'), field('/id', 'mask'), field('/time', 'drop')];
    const { records, outcome, fingerprints } = await run(body, { sealer, fields }, { provider: withSubject });
    const token = sealer.token(number);
    expect(records[0]?.headers).to.include({ ce_id: token, ce_subject: token }).and.not.have.property('ce_time');
    expect(records[0]?.key).to.equal(token);
    expect(outcome.accepted[0]?.event.id).to.equal(token);
    expect(fingerprints[0]?.id).to.equal(number);
    expect(JSON.parse(records[0]?.headers.ce_protected ?? '').derived).to.deep.equal([
      'ce_id',
      'ce_time',
      'ce_subject',
      'key',
    ]);
    expect(JSON.stringify(records[0])).to.not.include(number);
  });

  it('without a key puts there what the rules make of what is left', async () => {
    const key = rule((input) => `k-${String(input.card)}`);
    const { records } = await run(
      { id: 'evt_1', type: 'paid', card: number },
      { panGuard: 'mask' },
      { provider: withSubject, routes: [route('webhooks.acme', { key })] },
    );
    const stars = '*'.repeat(16);
    expect(records[0]?.headers.ce_subject).to.equal(stars);
    expect(records[0]?.key).to.equal(`k-${stars}`);
  });

  it('finds what a rule has computed of it', async () => {
    const key = rule((input) => String(input.card).slice(0, 6));
    const { records } = await run(
      { id: 'e', type: 'paid', card: number },
      { sealer, panGuard: 'mask' },
      { routes: [route('t', { key })] },
    );
    expect(records[0]?.key).to.equal(sealer.token('424242'));
  });

  it('leaves an id alone that is not made of it', async () => {
    const { records } = await run({ id: number, type: 'paid', card: '5555555555554444' }, { panGuard: 'mask' });
    expect([records[0]?.headers.ce_id, records[0]?.key]).to.deep.equal([number, number]);
    expect(records[0]?.value.toString()).to.equal(`{"id":"${number}","type":"paid","card":"${'*'.repeat(16)}"}`);
  });

  it('protects each event of a batch, and its dead letter', async () => {
    const batch = provider({
      items: '/events/*',
      routes: [route('webhooks.acme', { matches: (type) => type === 'paid' })],
    });
    const events = [
      { id: 'a', type: 'paid', card: '1' },
      { id: 'b', type: 'other', card: '2' },
    ];
    const { records } = await run(
      { events },
      { sealer, fields: [field('/card', 'drop')], items: '/events/*' },
      { provider: batch, routes: batch.routes },
    );
    expect(records.map(({ value }) => value.toString())).to.deep.equal([
      '{"id":"a","type":"paid"}',
      '{"events":[{"id":"a","type":"paid"},{"id":"b","type":"other"}]}',
    ]);
  });

  it("does not show a stranger's card number: in body, query, headers and content type", async () => {
    const sent = delivery(`{"id":"e","card":"${number}"}`);
    const publisher = memoryPublisher();
    const protect = createProtection({ fields: [], panGuard: 'mask' });
    const ports = { publisher, dedupe: noDedupe, deadLetterTopic: 'd', now: () => 0, mayKeepUnverified: () => true };
    const headers = { 'x-sig': [number], 'content-type': [`application/json; a=${number}`] };
    await handle(endpoint({ protect }), { ...sent, headers, target: `/webhooks/acme?c=${number}` }, ports);
    expect(publisher.records).to.have.length(1);
    expect(JSON.stringify(publisher.records[0]?.headers)).to.not.include(number);
    expect(publisher.records[0]?.value.toString()).to.not.include(number);
    expect(JSON.parse(publisher.records[0]?.headers.ce_protected ?? '').derived).to.have.length(3);
  });

  it('does not show one in an error of a schema, or a rejection that nobody keeps', async () => {
    const errors = [{ pointer: `/${number}`, message: `must not have ${number}` }];
    const strict = provider({ schemas: [{ name: 'event.schema.json', check: () => errors }] });
    const { outcome, records } = await run({ [number]: 1 }, { panGuard: 'park' }, { provider: strict });
    expect(
      JSON.stringify([outcome.rejected.map(({ errors, detail, item }) => [errors, detail, item]), records]),
    ).to.not.include(number);
    expect(outcome.rejected[0]?.errors[0]?.pointer).to.equal(`/${'*'.repeat(16)}`);
  });

  it('withholds a dead letter whose fields cannot be found', async () => {
    const { records } = await run('{"card":"1', { fields: [field('/card', 'mask')], sealer });
    expect(records[0]?.value).to.have.length(0);
    expect(JSON.parse(records[0]?.headers.ce_protected ?? '')).to.include({ withheld: true });
    expect(records[0]?.headers.ce_reason).to.equal('payload_malformed');
  });

  it('parks one event of a batch, and publishes the others', async () => {
    const batch = provider({ items: '/*' });
    const { outcome, records } = await run(
      [
        { id: 'a', type: 't', card: number },
        { id: 'b', type: 't' },
      ],
      { panGuard: 'park', items: '/*' },
      { provider: batch },
    );
    expect(outcome.accepted.map(({ event }) => event.id)).to.deep.equal(['b']);
    expect(outcome.rejected.map(({ code, detail, item }) => [code, detail, item])).to.deep.equal([
      ['card_number_found', 'in card', '/0'],
    ]);
    expect(JSON.stringify(records.map(({ value }) => value.toString()))).to.not.include(number);
  });

  it('only counts with warn', async () => {
    const sent = delivery({ id: 'e', type: 't', card: number });
    const { outcome, records } = await run(sent.body, { panGuard: 'warn' });
    expect(records[0]?.value.equals(sent.body)).to.equal(true);
    expect(outcome.protected).to.deep.equal({ cards: 1, values: 0, names: ['card'] });
  });

  it('survives rules that fail on what is left', async () => {
    let times = 0;
    const once = rule((input, bindings) => (times++ === 0 ? input.card : failing().evaluate(input, bindings)));
    const { records } = await run(
      { id: 'e', type: 't', card: number },
      { panGuard: 'mask' },
      { routes: [route('t', { key: once })] },
    );
    expect(records[0]?.key).to.equal('****');
  });
});
