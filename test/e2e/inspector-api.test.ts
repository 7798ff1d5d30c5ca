import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import type {
  Activity,
  DeliveryDetail,
  DeliveryList,
  EvalResult,
  InspectorConfig,
  InspectorTopics,
  LetterGroups,
  LetterJob,
  LetterList,
  Revealed,
} from '../../src/inspector/contract.js';
import { configOf, type Started, start, untilReady } from './running.js';
import { postStripe, secret } from './stripe.js';

const token = 'correct-horse-battery-staple';
/** In every value that is planted; a number has it, too. */
const planted = 'PLANTED-VALUE';
const plantedNumber = 918273645546;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

/** With Node's own client: fetch does not let one say a Host. */
function ask(url: string, path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, headers }, async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
      resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
    });
    sent.on('error', reject).end(body);
  });
}

async function read<T>(url: string, path: string): Promise<T> {
  const { status, text } = await ask(url, path);
  expect(status, text).to.equal(200);
  return JSON.parse(text);
}

function change(
  url: string,
  path: string,
  body: object,
  headers: object = { authorization: `Bearer ${token}` },
): Promise<Answer> {
  const common = { 'content-type': 'application/json', 'x-gateway-inspector': '1' };
  return ask(url, path, { method: 'POST', headers: { ...common, ...headers }, body: JSON.stringify(body) });
}

/** Signs and posts a body of Stripe's. */
async function post(url: string, body: string, headers: object = {}): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  const signed = { 'content-type': 'application/json', 'stripe-signature': `t=${seconds},v1=${digest}`, ...headers };
  const { text } = await ask(url, '/webhooks/stripe', { method: 'POST', headers: signed, body });
  return text;
}

function event(id: unknown, over: object = {}): string {
  const common = { object: 'event', created: 1_700_000_000, livemode: true, pending_webhooks: 1 };
  return JSON.stringify({
    id,
    type: 'charge.refunded',
    ...common,
    data: { object: { id: 'ch_1', name: planted } },
    ...over,
  });
}

function withInspector(workers: number): string {
  return configOf(workers).replace(
    /^admin:.*$/m,
    'admin: { listen: "127.0.0.1:0", inspector: true, token: { env: ADMIN_TOKEN } }',
  );
}

async function untilDone(admin: string, job: string): Promise<LetterJob> {
  for (;;) {
    const state = await read<LetterJob>(admin, `/dead-letters/jobs/${job}`);
    if (state.state !== 'running') return state;
    await delay(50);
  }
}

for (const workers of [1, 2]) {
  describe(`the inspector of a gateway with ${workers} of its processes`, function () {
    this.timeout(120_000);
    let gateway: Started;
    let admin: string;

    before(async () => {
      process.env.ADMIN_TOKEN = token;
      gateway = await start(withInspector(workers));
      admin = gateway.adminUrl;
      await untilReady(admin, (answer) => answer.status === 'ready' && (answer.workers?.ready ?? 1) === workers);
      for (let count = 0; count < 8; count++) expect(await postStripe(gateway.url, `evt_${count}`)).to.equal(200);
      await postStripe(gateway.url, 'evt_0');
      await post(gateway.url, event(7));
      await post(gateway.url, event('evt_forged'), { 'stripe-signature': `t=1,v1=${planted}` });
      await ask(gateway.url, '/webhook/stripe', { method: 'POST' });
    });
    after(async () => {
      delete process.env.ADMIN_TOKEN;
      gateway.cli.kill('SIGTERM');
      expect((await gateway.cli.ended()).code).to.equal(0);
      gateway.directory.remove();
    });

    it('lists the deliveries of all processes, the newest first', async () => {
      const { rows, total, kept, histogram } = await read<DeliveryList>(admin, '/deliveries');
      expect(rows.map(({ outcome }) => outcome)).to.deep.equal([
        ...['refused', 'unproven', 'dead_lettered', 'duplicate'],
        ...Array.from({ length: 8 }, () => 'accepted'),
      ]);
      expect([total, kept]).to.deep.equal([12, 12]);
      expect(histogram.length).to.be.within(1, 60);
      expect(rows.at(-1)?.events[0]).to.include({ id: 'evt_0', type: 'charge.refunded', key: 'ch_1' });
    });

    it('filters, and pages', async () => {
      const accepted = await read<DeliveryList>(admin, '/deliveries?outcome=accepted&type=charge.*&limit=5');
      expect(accepted.total).to.equal(8);
      const next = await read<DeliveryList>(
        admin,
        `/deliveries?outcome=accepted&limit=5&before=${accepted.rows.at(-1)?.seq}`,
      );
      expect([...accepted.rows, ...next.rows].map(({ events }) => events[0]?.id)).to.deep.equal(
        [7, 6, 5, 4, 3, 2, 1, 0].map((count) => `evt_${count}`),
      );
      expect((await read<DeliveryList>(admin, '/deliveries?q=evt_3')).total).to.equal(1);
      expect((await ask(admin, '/deliveries?outcome=nonsense')).status).to.equal(400);
    });

    it('counts by minute and endpoint, and knows what path was meant', async () => {
      const activity = await read<Activity>(admin, '/activity');
      const [stripe] = activity.endpoints;
      const sum = (outcome: 'accepted' | 'duplicate') =>
        stripe?.minutes.reduce((all, minute) => all + (minute[outcome] ?? 0), 0);
      expect([sum('accepted'), sum('duplicate')]).to.deep.equal([8, 1]);
      expect(stripe?.p50).to.be.above(0);
      expect(Object.values(stripe?.secretLastUsed ?? {})).to.not.include(null);
      expect(activity.unknownPaths).to.have.nested.property('[0].didYouMean', '/webhooks/stripe');
    });

    it('streams what comes, from where a reader was', async () => {
      const { cursor } = await read<DeliveryList>(admin, '/deliveries?limit=1');
      const stop = new AbortController();
      const response = await fetch(`${admin}/deliveries/stream?after=${cursor}&outcome=accepted`, {
        signal: stop.signal,
      });
      expect(response.headers.get('content-type')).to.include('text/event-stream');
      const { body } = response;
      if (body === null) throw new Error('a stream without a body');
      for (let count = 0; count < 4; count++) await postStripe(gateway.url, `evt_live_${count}`);
      let text = '';
      for await (const chunk of body) {
        text += Buffer.from(chunk).toString();
        if (text.split('event: delivery').length > 4) break;
      }
      stop.abort();
      for (let count = 0; count < 4; count++) expect(text).to.include(`evt_live_${count}`);
      expect(text).to.match(/^id: \S+$/m);
    });

    it('tells the life of a delivery', async () => {
      const { rows } = await read<DeliveryList>(admin, '/deliveries?q=evt_3');
      const detail = await read<DeliveryDetail>(admin, `/deliveries/${rows[0]?.id}`);
      const passed = detail.stages.filter(({ decision }) => decision === 'passed').map(({ name }) => name);
      expect(passed).to.include.members([
        'received',
        'body',
        'verify',
        'validate',
        'map',
        'dedupe',
        'publish',
        'answered',
      ]);
      expect(
        detail.stages.find(({ name, decision }) => name === 'map' && decision === 'passed')?.place?.file,
      ).to.include('plugin.yaml');
      expect(detail).to.have.nested.property('shape.id', '<text of 5>');
      expect((await ask(admin, '/deliveries/nobody')).status).to.equal(404);
    });

    it('says why one was refused', async () => {
      const { rows } = await read<DeliveryList>(admin, '/deliveries?outcome=unproven');
      const { stages, letter } = await read<DeliveryDetail>(admin, `/deliveries/${rows[0]?.id}`);
      expect(stages.find(({ name }) => name === 'verify')).to.include({ decision: 'stopped' });
      expect(letter).to.include({ verified: false, state: 'open' });
    });

    it('groups dead letters, tries and replays a group, and dismisses another', async () => {
      const before = await read<LetterGroups>(admin, '/dead-letters/groups');
      const unusable = before.groups.find(({ reason }) => reason === 'schema_violation');
      expect(unusable).to.include({ endpoint: 'stripe', pointer: '/id', open: 1, unproven: 0 });
      const started = await change(admin, '/dead-letters/dry-run', { group: unusable?.group });
      expect(started.status).to.equal(202);
      const dry = await untilDone(admin, JSON.parse(started.text).job);
      expect(dry).to.include({ state: 'done', selected: 1, failing: 1, replayed: 0 });
      expect(dry.changes[0]).to.include({ before: 'schema_violation', now: 'schema_violation' });
      const replay = await change(admin, '/dead-letters/replay', { group: unusable?.group });
      expect(await untilDone(admin, JSON.parse(replay.text).job)).to.include({ state: 'done', failing: 1 });
      const forged = before.groups.find(({ reason }) => reason !== 'schema_violation');
      const dismissed = await change(admin, '/dead-letters/dismiss', { group: forged?.group, note: 'a scanner' });
      expect(JSON.parse(dismissed.text)).to.deep.equal({ dismissed: 1 });
      const open = () => read<LetterList>(admin, '/dead-letters?state=open');
      while ((await open()).total !== 1) await delay(50);
      expect(await read<LetterList>(admin, `/dead-letters?group=${forged?.group}&state=dismissed`)).to.include({
        total: 1,
      });
      expect(gateway.cli.stderr).to.include('dead letters dismissed').and.to.include('replay of dead letters ended');
    });

    it('reveals a payload to whoever has the token and a reason, and notes it', async () => {
      const { rows } = await read<DeliveryList>(admin, '/deliveries?outcome=dead_lettered');
      const path = `/deliveries/${rows[0]?.id}/reveal`;
      expect((await change(admin, path, { reason: 'case 4711: why?' }, {})).status).to.equal(403);
      expect((await change(admin, path, { reason: 'why' })).status).to.equal(400);
      const { status, text } = await change(admin, path, { reason: 'case 4711: why?' });
      expect(status, text).to.equal(200);
      const revealed: Revealed = JSON.parse(text);
      expect(revealed.body).to.equal(event(7));
      expect(gateway.cli.stderr).to.include('payload revealed').and.to.include('case 4711: why?');
    });

    it('keeps card numbers masked all the same', async () => {
      await post(gateway.url, event('evt_card', { note: '4242 4242 4242 4242' }));
      const { rows } = await read<DeliveryList>(admin, '/deliveries?q=evt_card');
      const { text } = await change(admin, `/deliveries/${rows[0]?.id}/reveal`, { reason: 'case 4711: why?' });
      expect(JSON.parse(text)).to.include({ masked: 1 });
      expect(text).to.include('**** **** **** ****').and.not.to.include('4242 4242');
    });

    it('shows the configuration with its routes and their hits', async () => {
      let config = await read<InspectorConfig>(admin, '/configuration');
      while (config.lint.state === 'running') {
        await delay(100);
        config = await read<InspectorConfig>(admin, '/configuration');
      }
      expect(config.lint.state).to.equal('done');
      expect(config.text).to.include('[redacted]').and.not.to.include(secret).and.not.to.include(token);
      const charge = config.routes.find(({ topic }) => topic === 'webhooks.stripe.charge');
      expect(charge).to.include({ of: 'plugin', reachable: true, endpoint: 'stripe' });
      expect(charge?.hits).to.be.at.least(8);
      expect(charge?.types).to.include('charge.refunded');
      const { topics } = await read<InspectorTopics>(admin, '/topics');
      expect(topics.find(({ topic }) => topic === 'webhooks.stripe.charge')?.hits).to.equal(charge?.hits);
      expect((await ask(admin, '/providers')).text).to.include('"binds":"body"');
    });

    it('tries a rule on examples, within bounds', async () => {
      const evaluate = async (expression: string, on: object) => {
        const { status, text } = await change(admin, '/eval', { expression, ...on });
        expect(status, text).to.equal(200);
        const result: EvalResult = JSON.parse(text);
        return result;
      };
      const { results } = await evaluate('data.object.object', { endpoint: 'stripe', example: 'charge.refunded' });
      expect(results).to.have.length(1);
      expect(results[0]).to.include({ value: 'charge', type: 'string' });
      expect((await evaluate('$eval("1")', { json: '{}' })).fault?.message).to.include('$eval');
      expect((await evaluate('a +', { json: '{}' })).fault?.within).to.be.an('array');
      expect((await evaluate('a * 2', { json: '{"a":21}' })).results[0]).to.include({ value: 42, type: 'number' });
      const endless = await evaluate('($f := function($n) { $f($n + 1) }; $f(1))', { json: '{}' });
      expect(endless.results[0]?.error).to.include('too long');
    });

    it('is for nobody from elsewhere', async () => {
      for (const headers of [
        { host: 'evil.example' },
        { origin: 'http://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
      ]) {
        for (const path of [
          '/',
          '/inspector/',
          '/deliveries',
          '/activity',
          '/deliveries/stream',
          '/dead-letters/groups',
        ])
          expect((await ask(admin, path, { headers })).status, path).to.equal(403);
      }
      const plain = { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: '{}' };
      for (const path of ['/dead-letters/replay', '/dead-letters/dismiss', '/eval', '/token', '/deliveries/x/reveal']) {
        const { status, text } = await ask(admin, path, plain);
        expect([status, JSON.parse(text).reason], path).to.deep.equal([403, 'header']);
        expect((await change(admin, path, {}, {})).status, path).to.equal(403);
      }
      expect((await change(admin, '/token', {})).text).to.equal('{"ok":true}');
    });

    it('gives no value of a payload and no secret but by reveal', async () => {
      const value = fc.oneof(
        fc.string().map((text) => planted + text),
        fc.constant(plantedNumber),
        fc.array(fc.constant(planted), { maxLength: 2 }),
      );
      const members = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), value, { maxKeys: 4 });
      const unusual = fc.constantFrom({}, { id: 7 }, { data: planted }, { livemode: planted }, { created: planted });
      for (const [extra, over] of fc.sample(fc.tuple(members, unusual), { numRuns: 25, seed: 7 })) {
        const body = event(`evt_${extra.id ?? 'x'}`.slice(0, 5), {
          ...extra,
          type: 'charge.refunded',
          object: 'event',
          ...over,
        });
        await post(gateway.url, body, { 'x-note': planted, 'content-type': `application/json; x=${planted}` });
        await post(gateway.url, body, { 'stripe-signature': `t=1,v1=${planted}` });
      }
      const { rows } = await read<DeliveryList>(admin, '/deliveries?limit=1000');
      const paths = rows.filter(({ id }) => !id.startsWith('row-')).map(({ id }) => `/deliveries/${id}`);
      const others = [
        '/deliveries?limit=1000',
        '/activity',
        '/topics',
        '/configuration',
        '/providers',
        '/dead-letters/groups',
      ];
      for (const path of [...paths, ...others, '/dead-letters?limit=500', '/status']) {
        const { text } = await ask(admin, path);
        for (const hidden of [planted, String(plantedNumber), secret, token])
          expect(text.includes(hidden) ? text : '', path).to.equal('');
      }
      expect(gateway.cli.stderr).not.to.include(planted);
    });
  });
}

describe('a gateway without an inspector', () => {
  it('has the deliveries all the same, and nothing else of it', async () => {
    const gateway = await start(configOf(1));
    try {
      expect(await postStripe(gateway.url, 'evt_1')).to.equal(200);
      expect((await read<DeliveryList>(gateway.adminUrl, '/deliveries')).total).to.equal(1);
      for (const path of ['/', '/inspector/', '/about', '/configuration', '/dead-letters/groups', '/deliveries/x'])
        expect((await ask(gateway.adminUrl, path)).status, path).to.equal(404);
    } finally {
      gateway.cli.kill('SIGTERM');
      await gateway.cli.ended();
      gateway.directory.remove();
    }
  });

  it('only shows, where it has no token', async () => {
    const gateway = await start(
      configOf(1).replace(/^admin:.*$/m, 'admin: { listen: "127.0.0.1:0", inspector: true }'),
    );
    try {
      expect((await ask(gateway.adminUrl, '/about')).text).to.include('"writable":false');
      for (const path of ['/dead-letters/replay', '/dead-letters/dismiss', '/deliveries/x/reveal', '/token']) {
        const { status, text } = await change(gateway.adminUrl, path, { ids: ['x'], reason: 'case 4711: why?' }, {});
        expect([status, JSON.parse(text).reason], path).to.deep.equal([403, 'read_only']);
      }
    } finally {
      gateway.cli.kill('SIGTERM');
      await gateway.cli.ended();
      gateway.directory.remove();
    }
  });
});
