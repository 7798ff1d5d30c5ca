import { expect } from 'chai';
import { type Endpoint, PublishError } from '../../../src/core/model.js';
import { handle, type Ports } from '../../../src/core/pipeline.js';
import { Rejection } from '../../../src/core/rejection.js';
import { createDedupe } from '../../../src/storage/dedupe/dedupe.js';
import { noDedupe } from '../../../src/storage/dedupe/open.js';
import { realClock } from '../../../src/util/clock.js';
import { type MemoryPublisher, memoryPublisher } from '../../support/memory-publisher.js';
import { delivery, endpoint, failing, provider, route, rule } from '../../support/provider.js';
import { MemoryWindow } from '../storage/dedupe/memory-window.js';

describe('pipeline', () => {
  let publisher: MemoryPublisher;
  let ports: Ports;
  let budget: number;

  beforeEach(() => {
    publisher = memoryPublisher();
    budget = 1;
    ports = {
      publisher,
      dedupe: noDedupe,
      deadLetterTopic: 'webhooks.dlq',
      now: () => Date.UTC(2026, 0, 2),
      mayKeepUnverified: () => budget-- > 0,
    };
  });

  const event = { id: 'evt_1', type: 'payment.paid' };

  async function rejection(promise: Promise<unknown>): Promise<Rejection> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof Rejection)) throw new Error(`not a rejection: ${error}`);
    return error;
  }

  it('publishes the exact bytes with the facts as headers', async () => {
    const sent = delivery('{ "id": "evt_1",  "type":"payment.paid" }', {
      traceparent: [`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`],
    });
    const outcome = await handle(endpoint(), sent, ports);
    expect(outcome.rejected).to.deep.equal([]);
    expect(outcome.accepted.map(({ placement }) => placement)).to.deep.equal([
      { topic: 'webhooks.acme', partition: 0, offset: 0n },
    ]);
    const [record] = publisher.records;
    expect(record?.value).to.equal(sent.body);
    expect(record?.key).to.equal('evt_1');
    expect(record?.headers).to.deep.equal({
      ce_specversion: '1.0',
      ce_id: 'evt_1',
      ce_type: 'payment.paid',
      ce_source: '/webhooks/acme',
      'content-type': 'application/json',
      ce_endpoint: 'acme',
      ce_secretname: 'current',
      ce_deliveryid: sent.id,
      ce_receivedtime: '2026-01-02T03:04:05.000Z',
      ce_digest: 'sha-256=:9cW5r6Cxbhupg0zOgy7fFDReecIPOVT2qMOvUtWQ/Z4=:',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    });
  });

  it('looks for exact numbers only where a rule has not found a key', async () => {
    let looks = 0;
    function reading(key: string | undefined): Endpoint {
      const value = { id: 'evt_1', type: 'payment.paid', order: { id: 7 } };
      const readPayload = () => ({ text: '', value, exact: () => ++looks && value });
      const used = provider({ readPayload, routes: [route('webhooks.acme', { key: rule(() => key) })] });
      return endpoint({ provider: used });
    }
    await handle(reading('a key'), delivery(event), ports);
    expect(looks).to.equal(0);
    await handle(reading(undefined), delivery(event), ports);
    expect(looks).to.equal(1);
    expect(publisher.records.map(({ key }) => key)).to.deep.equal(['a key', '7']);
  });

  const stops: { name: string; code: string; stage: string; endpoint?: Endpoint; body: unknown }[] = [
    { name: 'invalid UTF-8', code: 'payload_not_utf8', stage: 'decode', body: Buffer.from([0x22, 0xff, 0x22]) },
    { name: 'no JSON', code: 'payload_malformed', stage: 'decode', body: '{"id":' },
    { name: 'a byte order mark', code: 'payload_malformed', stage: 'decode', body: '\ufeff{}' },
    { name: 'no body', code: 'payload_malformed', stage: 'decode', body: '' },
    { name: 'no id', code: 'event_unidentified', stage: 'identify', body: { type: 'a' } },
    { name: 'no type', code: 'event_unidentified', stage: 'identify', body: { id: 'a' } },
    { name: 'an id that is an object', code: 'event_unidentified', stage: 'identify', body: { id: {}, type: 'a' } },
    {
      name: 'a failing event rule',
      code: 'event_unidentified',
      stage: 'identify',
      body: event,
      endpoint: endpoint({ provider: provider({ event: { id: failing(), type: failing() } }) }),
    },
    {
      name: 'the wrong mode',
      code: 'livemode_mismatch',
      stage: 'identify',
      body: event,
      endpoint: endpoint({
        livemode: true,
        provider: provider({ event: { ...provider().event, livemode: rule(() => false) } }),
      }),
    },
    {
      name: 'a schema violation',
      code: 'schema_violation',
      stage: 'validate',
      body: event,
      endpoint: endpoint({
        provider: provider({
          schemas: [{ name: 'event.schema.json', check: () => [{ pointer: '/data', message: 'is missing' }] }],
        }),
      }),
    },
    {
      name: 'no schema for it',
      code: 'schema_none',
      stage: 'validate',
      body: event,
      endpoint: endpoint({
        provider: provider({ schemas: [{ name: 'a', when: rule(() => false), check: () => [] }] }),
      }),
    },
    {
      name: 'a failing schema condition',
      code: 'schema_none',
      stage: 'validate',
      body: event,
      endpoint: endpoint({ provider: provider({ schemas: [{ name: 'a', when: failing(), check: () => [] }] }) }),
    },
    {
      name: 'no route',
      code: 'route_none',
      stage: 'map',
      body: event,
      endpoint: endpoint({ routes: [route('t', { matches: () => false })] }),
    },
    {
      name: 'a failing condition',
      code: 'rule_failed',
      stage: 'map',
      body: event,
      endpoint: endpoint({ routes: [route('t', { when: failing() })] }),
    },
    {
      name: 'a failing key',
      code: 'rule_failed',
      stage: 'map',
      body: event,
      endpoint: endpoint({ routes: [route('t', { key: failing() })] }),
    },
    {
      name: 'a key that is not a scalar',
      code: 'rule_failed',
      stage: 'map',
      body: event,
      endpoint: endpoint({ routes: [route('t', { key: rule(() => ['a']) })] }),
    },
    {
      name: 'a batch that is none',
      code: 'batch_malformed',
      stage: 'split',
      body: { items: 1 },
      endpoint: endpoint({ provider: provider({ items: '/items/*' }) }),
    },
    {
      name: 'a batch without its items',
      code: 'batch_malformed',
      stage: 'split',
      body: {},
      endpoint: endpoint({ provider: provider({ items: '/items/*' }) }),
    },
    {
      name: 'a batch 100,000 levels deep',
      code: 'batch_malformed',
      stage: 'split',
      body: `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      endpoint: endpoint({ provider: provider({ items: '/*' }) }),
    },
  ];
  for (const { name, code, stage, endpoint: at = endpoint(), body } of stops) {
    it(`keeps ${name} as a dead letter: ${code}`, async () => {
      const sent = delivery(body);
      const outcome = await handle(at, sent, ports);
      expect(outcome.accepted).to.deep.equal([]);
      expect(outcome.rejected.map((each) => each.code)).to.deep.equal([code]);
      expect(publisher.records).to.have.length(1);
      const [letter] = publisher.records;
      expect(letter?.topic).to.equal('webhooks.dlq');
      expect(letter?.value).to.equal(sent.body);
      expect(letter?.headers).to.include({
        ce_reason: code,
        ce_stage: stage,
        ce_verified: 'true',
        ce_secretname: 'current',
      });
      expect(JSON.parse(letter?.headers.ce_requestheaders ?? '')).to.deep.equal({ 'x-sig': sent.headers['x-sig'] });
    });
  }

  it('gives the pointers of schema errors in the dead letter', async () => {
    const errors = [{ pointer: '/data/object', message: 'must be object' }];
    const at = endpoint({ provider: provider({ schemas: [{ name: 's.json', check: () => errors }] }) });
    await handle(at, delivery(event), ports);
    expect(JSON.parse(publisher.records[0]?.headers.ce_errors ?? '')).to.deep.equal([
      { code: 'schema_violation', stage: 'validate', detail: 's.json', errors },
    ]);
  });

  it('keeps unverified deliveries only within the budget, and says the same to the caller', async () => {
    const forged = delivery(event, { 'x-sig': ['00'] });
    const first = await handle(endpoint(), forged, ports);
    const second = await handle(endpoint(), forged, ports);
    expect(first.rejected[0]?.code).to.equal('signature_mismatch');
    expect(second.rejected[0]?.code).to.equal('signature_mismatch');
    expect(first.letter).to.not.equal(undefined);
    expect(second.letter).to.equal(undefined);
    expect(publisher.records.map(({ headers }) => headers.ce_verified)).to.deep.equal(['false']);
  });

  it('answers a forged delivery as such even while Kafka is unavailable', async () => {
    publisher.fail = () => new PublishError('unavailable', 'ECONNREFUSED', 'refused');
    const outcome = await handle(endpoint(), delivery(event, { 'x-sig': ['00'] }), ports);
    expect(outcome.rejected[0]?.code).to.equal('signature_mismatch');
    expect(outcome.letter).to.equal(undefined);
  });

  it('takes nothing while Kafka is unavailable', async () => {
    publisher.fail = () => new PublishError('unavailable', 'ECONNREFUSED', 'refused');
    expect((await rejection(handle(endpoint(), delivery(event), ports))).code).to.equal('kafka_unavailable');
    expect((await rejection(handle(endpoint(), delivery('no json'), ports))).code).to.equal('kafka_unavailable');
  });

  it('makes a dead letter of a record that Kafka refuses for good', async () => {
    publisher.fail = ({ topic }) =>
      topic === 'webhooks.acme' ? new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large') : undefined;
    const outcome = await handle(endpoint(), delivery(event), ports);
    expect(outcome.rejected.map(({ code, detail }) => [code, detail])).to.deep.equal([['record_refused', 'too large']]);
    expect(publisher.records.map(({ topic }) => topic)).to.deep.equal(['webhooks.dlq']);
  });

  it('has the provider send again where even the dead letter is refused', async () => {
    publisher.fail = () => new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large');
    expect((await rejection(handle(endpoint(), delivery(event), ports))).code).to.equal('kafka_unavailable');
  });

  it('lets a bug through as what it is', async () => {
    publisher.fail = () => new TypeError('oops');
    const error = await handle(endpoint(), delivery(event), ports).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(TypeError);
  });

  describe('where replicas share what they have published', () => {
    it('marks a record of which the others know nothing', async () => {
      const once: Ports['dedupe']['once'] = async (_event, publish) => ({
        placement: await publish('local'),
        duplicate: false,
        contentDiffers: false,
      });
      await handle(endpoint(), delivery(event), { ...ports, dedupe: { once } });
      await handle(endpoint(), delivery(event), ports);
      expect(publisher.records.map(({ headers }) => headers.ce_deduped)).to.deep.equal(['local', undefined]);
    });

    for (const [reason, code] of [
      ['CLAIMED', 'duplicate_pending'],
      ['DEDUPE_UNAVAILABLE', 'dedupe_unavailable'],
    ] as const) {
      it(`has the provider send again: ${code}`, async () => {
        const once = () => Promise.reject(new PublishError('unavailable', reason, 'later'));
        const refused = await rejection(handle(endpoint(), delivery(event), { ...ports, dedupe: { once } }));
        expect(refused).to.include({ code, status: 503 });
      });
    }
  });

  describe('repetitions', () => {
    beforeEach(() => {
      const window = new MemoryWindow();
      ports = { ...ports, dedupe: createDedupe({ window, clock: realClock, log: () => undefined }) };
    });

    const first = { topic: 'webhooks.acme', partition: 0, offset: 0n };
    const byId = endpoint({ provider: provider({ identity: { by: 'id', placeholders: ['evt_0'] } }) });

    it('are not published again, and are told where the first lies', async () => {
      await handle(endpoint(), delivery(event), ports);
      const { accepted } = await handle(endpoint(), delivery(event), ports);
      expect(accepted).to.deep.equal([{ ...accepted[0], duplicate: true, contentDiffers: false, placement: first }]);
      expect(publisher.records).to.have.length(1);
    });

    it('have the same bytes, unless the plugin says that the id names the event', async () => {
      for (const [used, records] of [
        [endpoint(), 2],
        [byId, 3],
      ] as const) {
        await handle(used, delivery({ ...event, id: `evt_${records}` }), ports);
        const { accepted } = await handle(
          used,
          delivery({ ...event, id: `evt_${records}`, pending_webhooks: 0 }),
          ports,
        );
        expect(accepted[0]).to.deep.include({ duplicate: used === byId, contentDiffers: true });
        expect(publisher.records).to.have.length(records);
      }
    });

    it('have the same type, whatever names the event', async () => {
      await handle(byId, delivery(event), ports);
      await handle(byId, delivery({ ...event, type: 'other' }), ports);
      expect(publisher.records).to.have.length(2);
    });

    it('have the same bytes where test events share one id', async () => {
      for (const amount of [1, 2, 2]) await handle(byId, delivery({ ...event, id: 'evt_0', amount }), ports);
      expect(publisher.records).to.have.length(2);
    });

    it('are others on another endpoint', async () => {
      await handle(endpoint(), delivery(event), ports);
      await handle(endpoint({ name: 'other' }), delivery(event), ports);
      expect(publisher.records).to.have.length(2);
    });

    it('are published after a failure, or after a dead letter', async () => {
      publisher.fail = () => new PublishError('unavailable', 'ECONNREFUSED', 'refused');
      await rejection(handle(endpoint(), delivery(event), ports));
      publisher.fail = ({ topic }) =>
        topic === 'webhooks.acme' ? new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large') : undefined;
      await handle(endpoint(), delivery(event), ports);
      await handle(endpoint({ routes: [] }), delivery(event), ports);
      publisher.fail = undefined;
      const outcome = await handle(endpoint(), delivery(event), ports);
      expect(outcome.accepted.map(({ duplicate }) => duplicate)).to.deep.equal([false]);
      expect(publisher.records.map(({ topic }) => topic)).to.deep.equal([
        'webhooks.dlq',
        'webhooks.dlq',
        'webhooks.acme',
      ]);
    });

    it('at the same time have one publish, and a dead letter each if Kafka refuses it', async () => {
      const twins = () => Promise.all([1, 2].map(() => handle(endpoint(), delivery(event), ports)));
      publisher.fail = ({ topic }) =>
        topic === 'webhooks.acme' ? new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large') : undefined;
      expect((await twins()).flatMap(({ rejected }) => rejected.map(({ code }) => code))).to.deep.equal([
        'record_refused',
        'record_refused',
      ]);
      expect(publisher.records).to.have.length(2);
      publisher.fail = undefined;
      const accepted = (await twins()).flatMap((outcome) => outcome.accepted);
      expect(accepted.map(({ duplicate }) => duplicate)).to.deep.equal([false, true]);
      expect(accepted[0]?.placement).to.deep.equal(accepted[1]?.placement);
      expect(publisher.records).to.have.length(3);
    });

    it('are no items of a batch that share an id and differ', async () => {
      const batched = endpoint({ provider: provider({ items: '/items/*' }) });
      const items = [1, 2, 2].map((amount) => ({ id: 'a', type: 'x', amount }));
      const { accepted } = await handle(batched, delivery({ items }), ports);
      expect(accepted.map(({ duplicate, contentDiffers }) => [duplicate, contentDiffers])).to.deep.equal([
        [false, false],
        [false, true],
        [true, false],
      ]);
      expect(publisher.records.map(({ value }) => JSON.parse(value.toString()).amount)).to.deep.equal([1, 2]);
    });

    it('are found item by item in a batch', async () => {
      const batched = endpoint({ provider: provider({ items: '/items/*/event' }) });
      const batch = (...ids: string[]) => delivery({ items: ids.map((id) => ({ event: { id, type: 'x' } })) });
      const { accepted } = await handle(batched, batch('a', 'b', 'a'), ports);
      expect(accepted.map(({ duplicate }) => duplicate)).to.deep.equal([false, false, true]);
      expect(publisher.records.map(({ key }) => key)).to.deep.equal(['a', 'b']);
      const outcome = await handle(batched, batch('b', 'c'), ports);
      expect(outcome.accepted.map(({ duplicate }) => duplicate)).to.deep.equal([true, false]);
      expect(publisher.records.map(({ key }) => key)).to.deep.equal(['a', 'b', 'c']);
    });
  });

  describe('batches', () => {
    const batched = endpoint({ provider: provider({ items: '/items/*/event' }) });

    it('publishes each item as its exact slice', async () => {
      const body = '{"items":[ {"event": {"id":"a", "type":"x","n":1.50} },{"event":{"id":"ü","type":"y"}}]}';
      const outcome = await handle(batched, delivery(body), ports);
      expect(outcome.accepted.map((each) => each.event.id)).to.deep.equal(['a', 'ü']);
      expect(publisher.records.map(({ value }) => value.toString())).to.deep.equal([
        '{"id":"a", "type":"x","n":1.50}',
        '{"id":"ü","type":"y"}',
      ]);
    });

    it('publishes the good items and keeps the delivery for the bad ones', async () => {
      const sent = delivery({ items: [{ event: { id: 'a', type: 'x' } }, { event: { id: 'b' } }, { event: {} }] });
      const outcome = await handle(batched, sent, ports);
      expect(outcome.accepted).to.have.length(1);
      expect(outcome.rejected.map(({ item, detail }) => [item, detail])).to.deep.equal([
        ['/items/1/event', 'no type'],
        ['/items/2/event', 'no id'],
      ]);
      const letter = publisher.records.find(({ topic }) => topic === 'webhooks.dlq');
      expect(letter?.value).to.equal(sent.body);
      expect(JSON.parse(letter?.headers.ce_errors ?? '').map(({ item }: { item: string }) => item)).to.deep.equal([
        '/items/1/event',
        '/items/2/event',
      ]);
    });

    it('takes an empty batch as a heartbeat', async () => {
      const outcome = await handle(batched, delivery({ items: [] }), ports);
      expect(outcome).to.deep.equal({ accepted: [], rejected: [], secret: 'current' });
      expect(publisher.records).to.deep.equal([]);
    });

    it('has the whole delivery sent again where one item could not be published', async () => {
      publisher.fail = ({ key }) => (key === 'b' ? new PublishError('unavailable', 'ETIMEDOUT', 'late') : undefined);
      const sent = delivery({ items: [{ event: { id: 'a', type: 'x' } }, { event: { id: 'b', type: 'x' } }] });
      expect((await rejection(handle(batched, sent, ports))).code).to.equal('kafka_unavailable');
    });
  });

  describe('what an event says of itself', () => {
    const attributes = (over: object) => endpoint({ provider: provider({ event: { ...provider().event, ...over } }) });

    it('becomes headers', async () => {
      const at = attributes({
        time: rule(() => '2026-01-02T03:04:05Z'),
        subject: rule(() => 'pi_1'),
        livemode: rule(() => false),
        account: rule(() => 42),
      });
      await handle(at, delivery(event), ports);
      expect(publisher.records[0]?.headers).to.include({
        ce_time: '2026-01-02T03:04:05Z',
        ce_subject: 'pi_1',
        ce_livemode: 'false',
        ce_account: '42',
      });
      expect(publisher.records[0]?.key).to.equal('pi_1');
    });

    it('is left out where it is of the wrong form', async () => {
      const at = attributes({
        time: rule(() => 'yesterday'),
        subject: rule(() => null),
        livemode: rule(() => 'no'),
        account: rule(() => ''),
      });
      await handle(at, delivery(event), ports);
      expect(publisher.records[0]?.headers).to.not.have.any.keys('ce_time', 'ce_subject', 'ce_livemode', 'ce_account');
    });

    it('takes a numeric id as text', async () => {
      await handle(endpoint(), delivery({ id: 12, type: 'x' }), ports);
      expect(publisher.records[0]?.headers.ce_id).to.equal('12');
    });
  });

  it('binds headers and the endpoint for the rules', async () => {
    const type = rule((_input, { headers, endpoint: at }) => `${headers['x-event']} ${at.name} ${at.path}`);
    const at = endpoint({ provider: provider({ event: { id: rule(() => 'i'), type } }) });
    await handle(at, delivery({}, { 'x-event': ['a', 'b'] }), ports);
    expect(publisher.records[0]?.headers.ce_type).to.equal('a, b acme /webhooks/acme');
  });

  it('takes the first route that matches, and its key', async () => {
    const routes = [
      route('no', { matches: (type) => type === 'other' }),
      route('not', { when: rule(() => false) }),
      route('nothing-is-not-true', { when: rule(() => undefined) }),
      route('yes', { when: rule(() => true), key: rule((input) => input.n) }),
      route('late'),
    ];
    await handle(endpoint({ routes }), delivery({ ...event, n: 7 }), ports);
    expect(publisher.records.map(({ topic, key }) => [topic, key])).to.deep.equal([['yes', '7']]);
  });
});
