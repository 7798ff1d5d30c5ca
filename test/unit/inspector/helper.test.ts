import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../src/config/load.js';
import { Helper } from '../../../src/inspector/helper/helper.js';
import { Refused } from '../../../src/inspector/respond.js';
import { createLog } from '../../../src/server/telemetry/log.js';
import type { ConfigSource } from '../../../src/server/workers/messages.js';

const plugins = new URL('../../../plugins', import.meta.url).pathname;

describe('the process beside the gateway', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'helper-'));
  const log = createLog('error', { write: () => undefined });
  let source: ConfigSource;
  let helper: Helper;

  before(async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'stripe.secret'), 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw');
    const file = join(folder, 'gateway.yaml');
    writeFileSync(
      file,
      `version: 1\nplugins: ${plugins}\nembedded: { dir: data }\nendpoints:\n  - { provider: stripe, path: /webhooks/stripe, secrets: [{ name: a, file: stripe.secret }] }\n`,
    );
    const { snapshot } = await loadConfig(file, {}, Date.now());
    source = { file, now: Date.now(), snapshot };
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    helper = new Helper({ log, source: () => source, memory: 256 });
  });
  afterEach(() => helper.close());

  const reasonOf = (error: unknown) => (error instanceof Refused ? `${error.status} ${error.reason}` : String(error));

  it('describes the configuration that is in effect, whatever has become of its file', async () => {
    writeFileSync(source.file, 'nonsense');
    const { routes, text } = await helper.run('describe', {});
    expect(routes.map(({ topic }) => topic)).to.include('webhooks.stripe.charge');
    expect(text).to.include('[redacted]').and.not.to.include('whsec_');
  });

  it('says what is wrong with what it is asked', async () => {
    const missing = await helper.run('detail', { id: 'nobody' }).catch(reasonOf);
    expect(missing).to.equal('404 not_found');
    const unknown = await helper.run('eval', { expression: 'a', endpoint: 'nobody' }).catch(reasonOf);
    expect(unknown).to.equal('404 not_found');
  });

  it('is ended when it takes too long, and started again for the next', async () => {
    const endless = { expression: '($f := function($n) { $f($n + 1) }; $f(1))', json: '{}' };
    await helper.run('eval', { expression: '1', json: '{}' });
    const cut = await helper.run('eval', endless, { limit: 50 }).catch(reasonOf);
    expect(cut).to.equal('503 unavailable');
    const { results } = await helper.run('eval', { expression: 'a', json: '{"a":7}' });
    expect(results).to.deep.include({ ...results[0], value: 7, type: 'number' });
  });

  it('has no memory without bounds', async () => {
    const greedy = { expression: '$join([1..9999999].("x" & $string($)))', json: '{}' };
    const result = await helper.run('eval', greedy, { limit: 20_000 }).catch(reasonOf);
    if (typeof result === 'string') expect(result).to.equal('503 unavailable');
    else expect(result.results[0]?.error).to.be.a('string');
  });

  it('takes so many tasks and no more', async () => {
    const tasks = Array.from({ length: 20 }, () => helper.run('eval', { expression: '1', json: '{}' }).catch(reasonOf));
    const results = await Promise.all(tasks);
    expect(results.filter((result) => result === '503 busy')).to.have.length(4);
  });
});
