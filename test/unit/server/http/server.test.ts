import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type Handshake, type Network, PublishError } from '../../../../src/core/model.js';
import { createApp } from '../../../../src/server/http/app.js';
import { createClients } from '../../../../src/server/http/client.js';
import { Gate } from '../../../../src/server/http/gate.js';
import { Rates } from '../../../../src/server/http/rates.js';
import { type Listening, listen } from '../../../../src/server/http/server.js';
import { createLog, type GatewayLog } from '../../../../src/server/telemetry/log.js';
import { Meter } from '../../../../src/server/telemetry/meter.js';
import { noDedupe } from '../../../../src/storage/dedupe/open.js';
import { readNetworks } from '../../../../src/util/networks.js';
import { type MemoryPublisher, memoryPublisher } from '../../../support/memory-publisher.js';
import { endpoint, failing, provider, route, secretText } from '../../../support/provider.js';
import { RawConnection } from '../../../support/raw-http.js';

/** `GET ?challenge=…` is answered to anybody, `{"type":"ping"}` only if it is signed. */
const echo: Handshake = {
  methods: ['GET'],
  verified: 'before',
  headers: [],
  answer: ({ method, target }) => {
    const body = new URL(target, 'http://x').searchParams.get('challenge');
    return method === 'GET' && body !== null ? { status: 200, type: 'text/plain', body } : undefined;
  },
};
const ping: Handshake = {
  methods: ['POST'],
  verified: 'after',
  headers: [],
  answer: ({ body }) =>
    body.includes('"ping"') ? { status: 200, type: 'application/json', body: '{"type":1}' } : undefined,
};

function networks(...texts: string[]): readonly Network[] {
  return readNetworks(texts, String, []);
}

describe('the HTTP side', () => {
  const limit = 64 * 1024;
  let publisher: MemoryPublisher;
  let server: Listening;
  let lines: string[];
  let log: GatewayLog;
  let stopping: boolean;
  let gate: Gate;
  let meter: Meter;
  const opened: RawConnection[] = [];

  beforeEach(async () => {
    publisher = memoryPublisher();
    lines = [];
    stopping = false;
    meter = new Meter();
    log = createLog('debug', { write: (line: string) => void lines.push(line) });
    gate = new Gate({ body: limit, bodyTimeout: 200, bodyRate: 1, inFlight: 2 }, () => undefined, 0);
    const clients = createClients(networks('127.0.0.9'));
    const handler = createApp({
      endpoints: [
        endpoint(),
        endpoint({ name: 'strict', path: '/strict', rejected: 'refuse' }),
        endpoint({
          name: 'own',
          path: '/own',
          provider: provider({ answer: () => ({ status: 202, type: 'text/plain', body: '[accepted]' }) }),
        }),
        endpoint({ name: 'empty', path: '/empty', provider: provider({ answersEmpty: true }) }),
        endpoint({ name: 'batch', path: '/batch', provider: provider({ items: '/items/*' }) }),
        endpoint({ name: 'shake', path: '/shake', provider: provider({ handshakes: [echo, ping] }) }),
        endpoint({ name: 'allowed', path: '/allowed', allow: networks('127.0.0.2', '203.0.113.0/24') }),
        endpoint({ name: 'slow', path: '/slow', rate: 1 }),
        endpoint({ name: 'rule', path: '/rule', routes: [route('t', { when: failing('secret_rule') })] }),
      ],
      limits: { body: limit },
      gate,
      clients,
      rates: new Rates({ unprovenPerAddress: 2 }, clients.trusts),
      meter,
      ports: {
        publisher,
        dedupe: noDedupe,
        deadLetterTopic: 'webhooks.dlq',
        now: Date.now,
        mayKeepUnverified: () => true,
      },
      log,
      stopping: () => stopping,
    });
    server = await listen(handler, { host: '127.0.0.1', port: 0 }, log);
  });

  /** From now on publishes wait for `release`; `arrived`: there is one. */
  function holdPublishes(): { readonly arrived: Promise<void>; readonly release: () => void } {
    let arrive = () => {};
    let release = () => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    const publish = publisher.publish.bind(publisher);
    publisher.publish = (record) => {
      arrive();
      return released.then(() => publish(record));
    };
    return { arrived, release };
  }

  afterEach(async () => {
    for (const connection of opened.splice(0)) connection.cut();
    await server.close(0);
    gate.close();
  });

  const event = '{"id":"evt_1","type":"payment.paid"}';

  function sign(body: string | Buffer): string {
    return createHmac('sha256', secretText).update(body).digest('hex');
  }

  function post(path: string, body: string, headers: { [name: string]: string } = {}): Promise<Response> {
    const all = { 'content-type': 'application/json', 'x-sig': sign(body), ...headers };
    return fetch(server.url + path, { method: 'POST', body, headers: all });
  }

  async function fields(
    answer: Response,
  ): Promise<{ status: string; events: { status: string; event_id?: string; item?: string }[] }> {
    return (await answer.json()) as Awaited<ReturnType<typeof fields>>;
  }

  /** `from`: an address of this machine. */
  function open(from = '127.0.0.1'): RawConnection {
    const connection = new RawConnection(server.url, from);
    opened.push(connection);
    return connection;
  }

  /** Posts from an address of this machine; the answer. */
  async function postFrom(from: string, path: string, headers: readonly string[], signature = sign(event)) {
    const connection = open(from);
    const lines = [`POST ${path} HTTP/1.1`, 'Host: x', `X-Sig: ${signature}`, `Content-Length: ${event.length}`];
    const answer = await connection.write(`${[...lines, ...headers].join('\r\n')}\r\n\r\n${event}`).answer();
    connection.end();
    return answer;
  }

  function head(...lines: string[]): string {
    return ['POST /webhooks/acme HTTP/1.1', 'Host: x', ...lines, '', ''].join('\r\n');
  }

  it('answers a taken event with where it lies', async () => {
    const answer = await post('/webhooks/acme', event);
    expect(answer.status).to.equal(200);
    expect(await answer.json()).to.deep.equal({
      status: 'accepted',
      event_id: 'evt_1',
      event_type: 'payment.paid',
      kafka_topic: 'webhooks.acme',
      kafka_partition: 0,
      kafka_offset: 0,
    });
    expect(lines.map((line) => JSON.parse(line).msg)).to.include('event published');
  });

  it('takes the path with and without a trailing slash, and with a query', async () => {
    expect((await post('/webhooks/acme/', event)).status).to.equal(200);
    expect((await post('/webhooks/acme?x=1', event)).status).to.equal(200);
    expect(publisher.records).to.have.length(2);
  });

  it('answers /health', async () => {
    const answer = await fetch(`${server.url}/health`);
    expect([answer.status, await answer.json()]).to.deep.equal([200, { status: 'ok' }]);
    expect((await fetch(`${server.url}/health`, { method: 'HEAD' })).status).to.equal(200);
  });

  it('tells a dead letter, or refuses with 422 where the endpoint says so', async () => {
    const told = await post('/webhooks/acme', 'no json');
    expect([told.status, await told.json()]).to.deep.equal([
      200,
      {
        status: 'dead_lettered',
        reason: 'payload_malformed',
        kafka_topic: 'webhooks.dlq',
        kafka_partition: 0,
        kafka_offset: 0,
      },
    ]);
    const refused = await post('/strict', 'no json');
    expect(refused.status).to.equal(422);
    expect((await fields(refused)).status).to.equal('dead_lettered');
    expect(publisher.records.map(({ topic }) => topic)).to.deep.equal(['webhooks.dlq', 'webhooks.dlq']);
  });

  it("gives the plugin's own answer", async () => {
    const answer = await post('/own', event);
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).to.deep.equal([
      202,
      'text/plain',
      '[accepted]',
    ]);
  });

  it('tells each event of a batch', async () => {
    const answer = await post('/batch', '{"items":[{"id":"a","type":"t"},{"id":"b"}]}');
    expect(answer.status).to.equal(200);
    const { status, events } = await fields(answer);
    expect(status).to.equal('accepted');
    expect(events.map((each) => [each.status, each.event_id ?? each.item])).to.deep.equal([
      ['accepted', 'a'],
      ['dead_lettered', '/items/1'],
    ]);
    const again = await fields(await post('/batch', '{"items":[{"id":"a","type":"t"}]}'));
    expect([again.status, ...again.events.map((each) => each.status)]).to.deep.equal(['accepted', 'accepted']);
    expect(await fields(await post('/batch', '{"items":[]}'))).to.deep.equal({ status: 'accepted', events: [] });
    expect((await fields(await post('/batch', '{"items":[{}]}'))).status).to.equal('dead_lettered');
  });

  it('tells an unproven caller nothing', async () => {
    const answer = await post('/webhooks/acme', event, { 'x-sig': 'ff' });
    expect([answer.status, await answer.json()]).to.deep.equal([401, { status: 'rejected', error: 'unauthorized' }]);
  });

  it('tells nothing at all to the callers of a provider whose answers are empty', async () => {
    const answer = await post('/empty', event, { 'x-sig': 'ff' });
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).to.deep.equal([401, null, '']);
  });

  it('asks to send again while Kafka is unavailable', async () => {
    publisher.fail = () => new PublishError('unavailable', 'ECONNREFUSED', 'refused');
    const answer = await post('/webhooks/acme', event);
    expect([answer.status, answer.headers.get('retry-after')]).to.deep.equal([503, '5']);
    expect(await answer.json()).to.deep.equal({ status: 'unavailable', error: 'kafka_unavailable' });
  });

  it('answers a bug with 500 and logs its stack', async () => {
    publisher.fail = () => new TypeError('oops');
    const answer = await post('/webhooks/acme', event);
    expect([answer.status, await answer.json()]).to.deep.equal([500, { status: 'error' }]);
    expect(lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'bug').stack).to.include('oops');
  });

  it('refuses other paths, methods and media types', async () => {
    expect((await post('/webhooks/other', event)).status).to.equal(404);
    const get = await fetch(`${server.url}/webhooks/acme`);
    expect([get.status, get.headers.get('allow')]).to.deep.equal([405, 'POST']);
    expect((await post('/webhooks/acme', event, { 'content-type': 'text/plain' })).status).to.equal(415);
    expect((await post('/webhooks/acme', event, { 'content-encoding': 'gzip' })).status).to.equal(415);
    expect(publisher.records).to.deep.equal([]);
  });

  for (const target of ['http://[', 'http://[::1', 'http://]', 'ws://[', 'http://xn--/', 'foo://[/', '*', '//[']) {
    it(`answers 404 to ${target}, which is nobody's bug`, async () => {
      for (const method of ['GET', 'POST']) {
        const connection = open().write(`${method} ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
        expect((await connection.answer()).status).to.equal(404);
      }
      expect(lines.join('')).not.to.include('"error"');
      expect(lines.join('')).to.include('path_unknown');
      const [refused] = meter.readings().filter(({ metric }) => metric === 'gateway_rejections_total');
      expect(refused).to.deep.include({ labels: { endpoint: '', reason: 'path_unknown' }, value: 2 });
    });
  }

  it('logs who asked for an unknown path, and which one was meant', async () => {
    await post('/webhook/acme', event);
    await post('/.env', event);
    const line = JSON.parse(lines.find((each) => each.includes('path_unknown')) ?? '{}');
    expect(line).to.include({ path: '/webhook/acme', client: '127.0.0.1', didYouMean: '/webhooks/acme' });
  });

  it('shows the beginning of a long path in the log', async () => {
    await fetch(`${server.url}/${'x'.repeat(10_000)}`);
    expect(lines.join('').length).to.be.below(1_000);
  });

  it('closes the connection after refusing a body over the limit by its Content-Length', async () => {
    const connection = open().write(head('Content-Type: application/json', `Content-Length: ${limit + 1}`));
    const answer = await connection.answer();
    expect([answer.status, answer.headers.connection]).to.deep.equal([413, 'close']);
    connection.write(Buffer.alloc(limit + 1, 'x'));
    await connection.closed();
  });

  it('closes the connection after refusing a chunked body over the limit', async () => {
    const connection = open().write(head('Content-Type: application/json', 'Transfer-Encoding: chunked'));
    const size = (limit + 1).toString(16);
    connection.write(`${size}\r\n`).write(Buffer.alloc(limit + 1, 'x'));
    expect((await connection.answer()).status).to.equal(413);
    connection.write('\r\n0\r\n\r\n');
    await connection.closed();
    expect(publisher.records).to.deep.equal([]);
  });

  describe('an endpoint with allow', () => {
    it('takes deliveries from there, and refuses all others before their body, with a reason and a line', async () => {
      expect((await postFrom('127.0.0.2', '/allowed', [])).status).to.equal(200);
      const stranger = open('127.0.0.3').write(
        head('Expect: 100-continue', 'Content-Length: 5').replace('/webhooks/acme', '/allowed'),
      );
      const refused = await stranger.answer();
      expect([refused.status, JSON.parse(refused.body), refused.text.includes('100 Continue')]).to.deep.equal([
        403,
        { status: 'rejected', error: 'address_not_allowed' },
        false,
      ]);
      for (let n = 0; n < 20; n++) await postFrom('127.0.0.3', '/allowed', []);
      log.flush();
      const said = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn');
      expect(said.map(({ reason, client, clients }) => [reason, client, clients])).to.deep.equal([
        ['address_not_allowed', '127.0.0.3', undefined],
        ['address_not_allowed', '127.0.0.3', { '127.0.0.3': 20 }],
      ]);
      const counted = meter.readings().find(({ metric }) => metric === 'gateway_rejections_total');
      expect(counted).to.deep.include({ labels: { endpoint: 'allowed', reason: 'address_not_allowed' }, value: 21 });
      expect(publisher.records).to.have.length(1);
    });

    it('goes by what a trusted proxy says, and by nobody else', async () => {
      const says = ['X-Forwarded-For: 1.1.1.1, 203.0.113.7'];
      expect((await postFrom('127.0.0.9', '/allowed', says)).status).to.equal(200);
      expect((await postFrom('127.0.0.9', '/allowed', ['X-Forwarded-For: 127.0.0.2, 198.51.100.1'])).status).to.equal(
        403,
      );
      expect((await postFrom('127.0.0.9', '/allowed', [])).status).to.equal(403);
      expect(lines.join('')).not.to.include('trustedProxies');
      expect((await postFrom('127.0.0.3', '/allowed', says)).status).to.equal(403);
      expect(lines.join('')).to.match(/127\.0\.0\.3 may be a proxy[^"]*server\.trustedProxies/);
    });
  });

  describe('rates', () => {
    it('answers an address that proves nothing with 429, and nobody else', async () => {
      const statuses: number[] = [];
      for (let n = 0; n < 25; n++) statuses.push((await postFrom('127.0.0.3', '/webhooks/acme', [], 'ff')).status);
      expect(statuses.slice(0, 20)).to.deep.equal(new Array(20).fill(401));
      expect(statuses.at(-1)).to.equal(429);
      const refused = await postFrom('127.0.0.3', '/strict', []);
      expect([refused.status, refused.headers['retry-after'], JSON.parse(refused.body)]).to.deep.equal([
        429,
        '5',
        { status: 'rejected', error: 'address_rate_exceeded' },
      ]);
      const expecting = open('127.0.0.3').write(head('Expect: 100-continue', 'Content-Length: 5'));
      expect((await expecting.answer()).text).not.to.include('100 Continue');
      expect((await postFrom('127.0.0.4', '/webhooks/acme', [])).status).to.equal(200);
    });

    it('refuses no address that has proven something', async () => {
      expect((await postFrom('127.0.0.3', '/webhooks/acme', [])).status).to.equal(200);
      for (let n = 0; n < 40; n++) expect((await postFrom('127.0.0.3', '/strict', [], 'ff')).status).to.equal(401);
      expect((await postFrom('127.0.0.3', '/strict', [])).status).to.equal(200);
    });

    it('counts bodies that end too early or come too slowly, and what anybody is answered', async () => {
      const large = `${head('Transfer-Encoding: chunked')}10001\r\n${'x'.repeat(limit + 1)}\r\n`;
      const statuses: number[] = [];
      for (let n = 0; n < 25; n++) {
        const shaken = n % 2 === 0 ? 'GET /shake?challenge=1 HTTP/1.1\r\nHost: x\r\n\r\n' : large;
        statuses.push((await open('127.0.0.3').write(shaken).answer()).status);
      }
      expect(statuses.slice(0, 20)).to.deep.equal(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? 200 : 413)));
      expect(statuses.at(-1)).to.equal(429);
      expect((await postFrom('127.0.0.3', '/webhooks/acme', [])).status).to.equal(429);
    });

    it('takes so many proven deliveries of an endpoint, whatever strangers send', async () => {
      for (let n = 0; n < 15; n++) expect((await postFrom('127.0.0.3', '/slow', [], 'ff')).status).to.equal(401);
      const answers: Awaited<ReturnType<typeof postFrom>>[] = [];
      for (let n = 0; n < 15; n++) answers.push(await postFrom('127.0.0.4', '/slow', []));
      expect(answers.slice(0, 10).map(({ status }) => status)).to.deep.equal(new Array(10).fill(200));
      expect(
        answers.slice(-1).map(({ status, headers, body }) => [status, headers['retry-after'], JSON.parse(body).error]),
      ).to.deep.equal([[429, '5', 'endpoint_rate_exceeded']]);
      expect((await postFrom('127.0.0.4', '/webhooks/acme', [])).status).to.equal(200);
    });
  });

  it('stops reading a refused body that never ends', async () => {
    const connection = open().write(head('Content-Type: text/plain', 'Content-Length: 1000000000000'));
    expect((await connection.answer()).status).to.equal(415);
    connection.write(Buffer.alloc(9 * 1024 * 1024));
    await connection.closed();
  });

  it('takes a body of exactly the limit', async () => {
    const body = `{"id":"evt_1","type":"t","pad":"${'x'.repeat(limit - 34)}"}`;
    expect((await post('/webhooks/acme', body)).status).to.equal(200);
    expect(publisher.records[0]?.value.length).to.equal(limit);
  });

  it('takes a body in small pieces, and refuses one in thousands of pieces of a byte', async () => {
    const pieces = (body: string, size: number) => {
      const chunks = body.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
      return chunks.map((each) => `${each.length.toString(16)}\r\n${each}\r\n`).join('');
    };
    const body = `{"id":"evt_1","type":"t","pad":"${'xyz'.repeat(10_000)}"}`;
    const type = 'Content-Type: application/json';
    const small = open().write(head(type, `X-Sig: ${sign(body)}`, 'Transfer-Encoding: chunked'));
    small.write(`${pieces(body, 10)}0\r\n\r\n`);
    expect((await small.answer()).status).to.equal(200);
    expect(publisher.records[0]?.value.toString()).to.equal(body);
    const dust = open().write(head(type, `X-Sig: ${sign(body)}`, 'Transfer-Encoding: chunked'));
    dust.write(`${pieces(body, 1)}0\r\n\r\n`);
    const refused = await dust.answer();
    expect([refused.status, JSON.parse(refused.body).error]).to.deep.equal([400, 'body_fragmented']);
    expect(publisher.records).to.have.length(1);
  });

  it('gives up on a slow body', async () => {
    const connection = open().write(head('Content-Type: application/json', 'Content-Length: 10')).write('{"id"');
    const answer = await connection.answer();
    expect([answer.status, answer.headers.connection]).to.deep.equal([408, 'close']);
    connection.end();
    await connection.closed();
    expect(publisher.records).to.deep.equal([]);
  });

  it('publishes nothing of a cut connection', async () => {
    const connection = open().write(
      head(`X-Sig: ${sign(event)}`, 'Expect: 100-continue', `Content-Length: ${event.length}`),
    );
    await connection.until(/100 Continue/);
    connection.write(event.slice(0, -1));
    connection.cut();
    while (!lines.some((line) => line.includes('body_aborted'))) await new Promise(setImmediate);
    expect(publisher.records).to.deep.equal([]);
  });

  it('asks for the body only where it would be read', async () => {
    const good = open().write(head(`X-Sig: ${sign(event)}`, 'Expect: 100-continue', `Content-Length: ${event.length}`));
    await good.until(/^HTTP\/1\.1 100 Continue/);
    expect((await good.write(event).answer()).status).to.equal(200);
    const large = open().write(head('Expect: 100-continue', `Content-Length: ${limit + 1}`));
    const refused = await large.answer();
    expect([refused.status, refused.text.includes('100 Continue')]).to.deep.equal([413, false]);
  });

  it('refuses two Content-Length and what is not HTTP', async () => {
    const smuggled = open().write(head('Content-Length: 3', 'Content-Length: 4')).write('{}  ');
    expect((await smuggled.answer()).status).to.equal(400);
    const rubbish = open().write('\x16\x03\x01 hello\r\n\r\n');
    expect((await rubbish.answer()).status).to.equal(400);
    const huge = open().write(head(`X-Huge: ${'x'.repeat(20_000)}`));
    expect((await huge.answer()).status).to.equal(431);
    expect(publisher.records).to.deep.equal([]);
  });

  it('keeps the connection for the next request, until it is stopping', async () => {
    const request =
      head('Content-Type: application/json', `X-Sig: ${sign(event)}`, `Content-Length: ${event.length}`) + event;
    const connection = open().write(request);
    expect((await connection.answer()).headers.connection).to.equal('keep-alive');
    stopping = true;
    connection.write(request);
    expect(await connection.closed()).to.match(/200 OK[\s\S]*200 OK[\s\S]*Connection: close/);
  });

  function hasRoom(): boolean {
    try {
      gate.enter().leave();
      return gate.inFlight < 2;
    } catch {
      return false;
    }
  }

  it('refuses what is over the cap, and keeps the connection', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const publish = publisher.publish.bind(publisher);
    publisher.publish = (record) => held.then(() => publish(record));
    const request = head('Content-Type: application/json', `X-Sig: ${sign(event)}`, `Content-Length: ${event.length}`);
    const taken = [post('/webhooks/acme', event), post('/webhooks/acme', event)];
    while (hasRoom()) await new Promise(setImmediate);
    const third = open().write(request + event);
    const refused = await third.answer();
    expect([refused.status, refused.headers['retry-after'], refused.headers.connection]).to.deep.equal([
      ...[503, '5', 'keep-alive'],
    ]);
    expect(JSON.parse(refused.body)).to.deep.equal({ status: 'unavailable', error: 'overloaded' });
    release();
    expect((await Promise.all(taken)).map(({ status }) => status)).to.deep.equal([200, 200]);
    expect((await fetch(`${server.url}/health`)).status).to.equal(200);
    third.write(request + event);
    await third.until(/503[\s\S]*200 OK/);
    expect(publisher.records).to.have.length(3);
    expect(lines.join('')).not.to.include('overloaded');
  });

  it('publishes what has come though its sender is gone before the answer, and serves on', async () => {
    const { arrived, release } = holdPublishes();
    const connection = open().write(head(`X-Sig: ${sign(event)}`, `Content-Length: ${event.length}`) + event);
    await arrived;
    connection.cut();
    await connection.closed();
    release();
    expect((await post('/webhooks/acme', '{"id":"evt_2","type":"t"}')).status).to.equal(200);
    expect(publisher.records).to.have.length(2);
    expect(lines.join('')).not.to.include('"error"');
  });

  it('finishes what is in flight before it closes', async () => {
    const { arrived, release } = holdPublishes();
    const answer = post('/webhooks/acme', event);
    await arrived;
    const closing = server.close(5_000);
    release();
    expect((await answer).status).to.equal(200);
    await closing;
    expect(publisher.records).to.have.length(1);
  });

  describe('when it closes', () => {
    const request = (id: string) => {
      const body = JSON.stringify({ id, type: 't' });
      return head(`X-Sig: ${sign(body)}`, `Content-Length: ${body.length}`) + body;
    };

    it('takes no more connections', async () => {
      await server.close(5_000);
      expect(await post('/webhooks/acme', event).catch((error: Error) => error.message)).to.equal('fetch failed');
    });

    it('answers the next request of a connection that was not told yet, as its last', async () => {
      const connection = open().write(request('evt_1'));
      await connection.until(/"evt_1"/);
      stopping = true;
      const closing = server.close(5_000);
      await delay(50);
      connection.write(request('evt_2'));
      expect(await connection.closed()).to.match(/Connection: close[\s\S]*"evt_2"/);
      await closing;
      expect(publisher.records).to.have.length(2);
    });

    it('waits no longer for an idle connection that had its chance', async () => {
      const connection = open().write(request('evt_1'));
      await connection.until(/"evt_1"/);
      const start = performance.now();
      await server.close(5_000, 1_000);
      expect(performance.now() - start).to.be.below(400);
      await connection.closed();
    });

    it('waits for a request that is just arriving', async () => {
      const whole = request('evt_1');
      const connection = open().write(request('evt_0'));
      await connection.until(/"evt_0"/);
      connection.write(whole.slice(0, 30));
      await delay(20);
      stopping = true;
      const closing = server.close(5_000, 1_000);
      await delay(100);
      connection.write(whole.slice(30));
      expect(await connection.closed()).to.include('"evt_1"');
      await closing;
    });

    it('does not wait for a connection that says nothing', async () => {
      const silent = open();
      await post('/webhooks/acme', event);
      const start = performance.now();
      await server.close(5_000);
      expect(performance.now() - start).to.be.within(200, 2_000);
      expect(await silent.closed()).to.equal('');
    });

    it('cuts what is left when the time is over', async () => {
      holdPublishes();
      const connection = open().write(request('evt_1'));
      await delay(20);
      await server.close(50);
      expect(await connection.closed()).to.equal('');
    });
  });

  it('says in log and dead letters who it was, once for many', async () => {
    for (let n = 0; n < 20; n++) await post('/webhooks/acme', event, { 'x-sig': 'ff' });
    await post('/webhooks/other', event);
    open().write('no HTTP\r\n\r\n');
    await open().write('no HTTP\r\n\r\n').closed();
    const said = lines.map((line) => JSON.parse(line)).filter(({ level }) => level !== 'debug');
    expect(said.map(({ msg, client }) => [msg, client])).to.deep.equal([
      ['delivery not proven', '127.0.0.1'],
      ['delivery refused', '127.0.0.1'],
      ['request is not HTTP', '127.0.0.1'],
    ]);
    expect(publisher.records).to.have.length(20);
    expect(publisher.records[0]?.headers.ce_clientaddress).to.equal('127.0.0.1');
  });

  it('logs neither payload nor signature nor rule results', async () => {
    const secretive = '{"id":"evt_1","type":"t","card":"4242424242424242"}';
    await post('/webhooks/acme', secretive);
    await post('/webhooks/acme', secretive, { 'x-sig': 'deadbeef' });
    await post('/rule', secretive);
    await post('/webhooks/acme', `${secretive}x`);
    const logged = lines.join('');
    expect(lines.length).to.be.greaterThan(3);
    // An id may have a few of these digits by chance.
    expect(logged).to.not.include('4242424242');
    expect(logged).to.not.include(sign(secretive));
    expect(logged).to.not.include('deadbeef');
    expect(logged).to.not.include(secretText);
  });

  it('answers handshakes: with GET only where one says so, and signed ones only if the signature is good', async () => {
    const shaken = await fetch(`${server.url}/shake?challenge=a%20b`);
    expect([shaken.status, await shaken.text()]).to.deep.equal([200, 'a b']);
    expect(shaken.headers.get('content-type')).to.match(/^text\/plain/);
    expect(shaken.headers.get('x-content-type-options')).to.equal('nosniff');
    expect((await fetch(`${server.url}/shake`)).status).to.equal(405);
    expect((await fetch(`${server.url}/own?challenge=1`)).status).to.equal(405);
    const signed = await post('/shake', '{"type":"ping"}');
    expect([signed.status, await signed.text()]).to.deep.equal([200, '{"type":1}']);
    expect((await post('/shake', '{"type":"ping"}', { 'x-sig': 'wrong' })).status).to.equal(401);
    expect((await post('/shake', event)).status).to.equal(200);
    expect(publisher.records.filter(({ topic }) => topic !== 'webhooks.dlq')).to.have.length(1);
  });
});
