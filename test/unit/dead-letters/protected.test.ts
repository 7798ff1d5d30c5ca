import { createHash, createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import type { Endpoint } from '../../../src/core/model.js';
import { handle } from '../../../src/core/pipeline.js';
import { createProtection, type ProtectionOptions } from '../../../src/core/protect/protection.js';
import { createSealer } from '../../../src/core/protect/sealer.js';
import { explain } from '../../../src/testing/dry-run/explain.js';
import { fromRecord } from '../../../src/testing/dry-run/from-record.js';
import { dryRunRequest } from '../../../src/testing/dry-run/request.js';
import { memoryPublisher } from '../../support/memory-publisher.js';
import { delivery, endpoint, provider, route, rule } from '../../support/provider.js';
import { expectRecord } from './contract.js';
import { deadLetterTopic, World } from './world.js';

const number = '4242424242424242';
const topic = 'webhooks.acme';
const sealer = createSealer('k1', createSecretKey(Buffer.alloc(32, 7)));
const body = `{"id":"evt_1","type":"paid","card":"${number}","mail":"a@b.example","amount":5}`;
const fields: ProtectionOptions['fields'] = [
  { path: '/mail', do: 'encrypt' },
  { path: '/amount', do: 'tokenise' },
];
const onlyNumbers = {
  name: 'event.schema.json',
  check: (value: unknown) =>
    typeof Object(value).amount === 'number' ? [] : [{ pointer: '/amount', message: 'must be a number' }],
};

function makeEndpoint(
  routed: boolean,
  options: Partial<ProtectionOptions> = { fields, sealer, panGuard: 'mask' },
): Endpoint {
  const subject = rule((input) => input.mail);
  const { event } = provider();
  const used = provider({ event: { ...event, subject }, schemas: [onlyNumbers], routes: routed ? [route(topic)] : [] });
  return endpoint({ provider: used, protect: createProtection({ fields: [], panGuard: 'off', ...options }) });
}

/** The dead letter that the gateway writes. */
async function deadLetterOf(to: Endpoint, text = body, headers = {}): Promise<World> {
  const publisher = memoryPublisher();
  const ports = { publisher, deadLetterTopic, mayKeepUnverified: () => true, now: () => Date.UTC(2026, 0, 2) };
  await handle(to, delivery(text, headers), { ...ports, dedupe: { once: () => expect.fail() } });
  const world = new World();
  for (const record of publisher.records) world.write(record);
  return world;
}

describe('a dead letter of what is protected', () => {
  it('has nothing of it, and is replayed as proven by the name of its secret', async () => {
    const world = await deadLetterOf(makeEndpoint(false));
    const [letter] = world.read(deadLetterTopic);
    if (letter === undefined) throw new Error('there is no letter');
    expectRecord(letter);
    expect(letter.value.toString()).to.match(
      /^\{"id":"evt_1","type":"paid","card":"\*{16}","mail":"enc:v1:k1:[\w-]+","amount":"tok:k1:[\w-]+"\}$/,
    );
    const tally = await world.replay([makeEndpoint(true)]);
    expect(tally).to.deep.include({ replayed: 1, published: 1, byName: 1, failing: [] });
    const [record] = world.read(topic);
    if (record === undefined) throw new Error('nothing was published');
    expectRecord(record);
    // Nothing was protected twice.
    expect(record.value).to.deep.equal(letter.value);
    expect(record.headers.ce_digest).to.equal(`hmac-sha-256=:${sealer.digest(Buffer.from(body))}:`);
    expect(JSON.parse(record.headers.ce_protected ?? '')).to.deep.equal({
      fields: { '/mail': 'encrypt', '/amount': 'tokenise' },
      cardNumbers: 1,
      key: 'k1',
    });
    for (const each of world.read(deadLetterTopic)) expectRecord(each);
  });

  it('is known as the event that it is, where the key is there', async () => {
    const world = await deadLetterOf(makeEndpoint(false));
    const seen: unknown[] = [];
    const dedupe = {
      async once(fingerprint: object) {
        seen.push(fingerprint);
        return { placement: { topic, partition: 0, offset: 0n }, duplicate: true, contentDiffers: false };
      },
    };
    expect(await world.replay([makeEndpoint(true)], { over: { dedupe } })).to.include({ published: 0, duplicates: 1 });
    const digest = createHash('sha256').update(body).digest('base64');
    expect(seen).to.deep.equal([{ endpoint: 'acme', id: 'evt_1', type: 'paid', digest, by: 'content' }]);
  });

  it('is held against the schemas where those had refused it', async () => {
    const text = body.replace('"amount":5', '"amount":"5"');
    const world = await deadLetterOf(makeEndpoint(true), text);
    const tally = await world.replay([makeEndpoint(true)]);
    expect(tally?.failing.map(({ reason }) => reason)).to.deep.equal(['schema_violation']);
  });

  it('cannot be verified again where nobody had proven it', async () => {
    const world = await deadLetterOf(makeEndpoint(true), body, { 'x-sig': ['00'] });
    const tally = await world.replay([makeEndpoint(true)]);
    expect(tally?.failing[0]).to.include({ reason: 'letter_changed' });
    expect(tally?.failing[0]?.detail).to.include('have the provider send it again');
  });

  it('can be, if nothing was changed', async () => {
    const plain = '{"id":"evt_1","type":"paid","amount":5}';
    const to = makeEndpoint(true, { panGuard: 'mask' });
    const world = await deadLetterOf({ ...to, routes: [] }, plain);
    expect(world.read(deadLetterTopic)[0]?.headers).to.not.have.property('ce_protected');
    expect(await world.replay([to])).to.deep.include({ replayed: 1, byName: 0 });
  });

  it('is not replayed where its body is withheld', async () => {
    const world = await deadLetterOf(makeEndpoint(true), '{"card":');
    const tally = await world.replay([makeEndpoint(true)]);
    expect(tally?.failing[0]).to.include({ reason: 'letter_changed' });
    expect(tally?.failing[0]?.detail).to.include('its body is not kept');
  });

  it('that was parked is published masked', async () => {
    const world = await deadLetterOf(makeEndpoint(true, { panGuard: 'park' }));
    expect(world.read(deadLetterTopic)[0]?.headers.ce_reason).to.equal('card_number_found');
    expect(await world.replay([makeEndpoint(true, { panGuard: 'park' })])).to.deep.include({
      replayed: 1,
      failing: [],
    });
    expect(world.read(topic)[0]?.value.toString()).to.equal(body.replace(number, '*'.repeat(16)));
  });
});

describe('explaining what is protected', () => {
  const told = (walked: Awaited<ReturnType<typeof dryRunRequest>>, to: Endpoint) =>
    JSON.stringify(
      explain(to, walked, {
        subject: 'x',
        notes: [],
        verification: { outcome: 'skipped', why: 'a test' },
        partitionOf: () => undefined,
      }),
    );
  const options = { now: 0, largest: 1e6, deadLetterTopic };

  it('shows nothing of it: facts, keys and records', async () => {
    const key = rule((input) => input.card);
    const to = { ...makeEndpoint(true), routes: [route(topic, { key })] };
    const walked = await dryRunRequest(to, delivery(body), options);
    expect(walked.published).to.have.length(1);
    const text = told(walked, to);
    expect(text).to.include('"name":"subject"').and.include('evt_1');
    expect(text).to.not.include(number).and.not.include('a@b.example');
  });

  it('shows nothing of it where a stage stops it', async () => {
    const to = makeEndpoint(false);
    const text = told(await dryRunRequest(to, delivery(body), options), to);
    expect(text).to.include('route_none').and.include('enc:v1:k1:').and.not.include('a@b.example');
  });

  it('takes a record as it was published, and says so', async () => {
    const to = makeEndpoint(true);
    const publisher = memoryPublisher();
    const dedupe = { once: async (_: object, publish: () => Promise<never>) => publish() };
    const ports = { publisher, deadLetterTopic, mayKeepUnverified: () => true, now: () => 0 };
    await handle(to, delivery(body), { ...ports, dedupe: dedupe as never });
    const [record] = publisher.records;
    if (record === undefined) throw new Error('there is no record');
    const again = fromRecord(record, to, 0);
    expect(again.notes.join()).to.include('are protected');
    const walked = await dryRunRequest(again.endpoint, again.delivery, options);
    expect(walked.published[0]?.record.value).to.deep.equal(record.value);
  });
});
