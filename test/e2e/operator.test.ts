import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli, type Ended } from './cli.js';
import { configOf, type Started, start } from './running.js';
import { postStripe } from './stripe.js';

for (const workers of [1, 2]) {
  describe(`the operator's side of a gateway with ${workers} workers`, () => {
    let started: Started;
    before(async () => {
      started = await start(configOf(workers));
    });
    after(async () => {
      started.cli.kill('SIGTERM');
      await started.cli.ended();
      started.directory.remove();
    });

    function run(...args: string[]): Promise<Ended> {
      return new Cli(started.directory.path, [...args, '--url', started.adminUrl]).ended();
    }

    async function scrape(): Promise<string> {
      const answer = await fetch(`${started.adminUrl}/metrics`);
      expect(answer.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
      return answer.text();
    }

    it('has metrics of all its processes', async () => {
      for (let n = 0; n < 6; n++) expect(await postStripe(started.url, `evt_${n}`)).to.equal(200);
      expect(await postStripe(started.url, 'evt_0')).to.equal(200);
      expect((await fetch(`${started.url}/nowhere`, { method: 'POST', body: '{}' })).status).to.equal(404);
      const text = await scrape();
      expect(text).to.match(/^gateway_deliveries_total\{endpoint="stripe",outcome="accepted"\} 6$/m);
      expect(text).to.match(/^gateway_deliveries_total\{endpoint="stripe",outcome="duplicate"\} 1$/m);
      expect(text).to.match(/^gateway_rejections_total\{endpoint="",reason="path_unknown"\} 1$/m);
      expect(text).to.match(/^gateway_request_seconds_count\{endpoint="stripe"\} 7$/m);
      expect(text).to.match(/^gateway_publish_seconds_count 6$/m);
      expect(text).to.match(/^gateway_dedupe_ids [1-6]$/m);
      expect(text).to.match(/^gateway_config_info\{digest="[\da-f]{16}"\} 1$/m);
      expect(text).to.match(/^gateway_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
      expect(text).to.match(/^gateway_last_event_timestamp_seconds\{endpoint="stripe"\} \d+/m);
      expect(text).to.match(new RegExp(`^gateway_workers_ready ${workers}$`, 'm'));
      expect(text).to.match(/^process_resident_memory_bytes\{worker="0"\} \d+$/m);
      expect(text).to.match(/^gateway_secret_last_used_timestamp_seconds\{endpoint="stripe",secret="current"\} \d+/m);
    });

    it('says how it is', async () => {
      const { code, stdout, stderr } = await run('status');
      expect([code, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.match(
        new RegExp(`^ready: version \\S+, process ${started.pid}, up \\d+ s, ${workers} of ${workers} workers`),
      );
      expect(stdout).to.match(
        /^stripe +\/webhooks\/stripe +\d\S* \/ \d\S* +\d+ s ago +current: used \d+ s ago +accepted 6, duplicate 1$/m,
      );
      const json = JSON.parse((await run('status', '--json')).stdout);
      expect(json).to.deep.include({ ready: true, connected: true, inFlight: 0, lanes: [] });
      expect(json.endpoints[0]).to.deep.include({ name: 'stripe', deliveries: { accepted: 6, duplicate: 1 } });
    });

    it('reloads when it is asked to, and says why not', async () => {
      const file = join(started.directory.path, 'config/gateway.yaml');
      const text = readFileSync(file, 'utf8');
      const same = await run('reload');
      expect(same).to.include({ code: 0, stderr: '' });
      writeFileSync(file, text.replace('name: current', 'name: renamed'));
      const done = await run('reload');
      expect(done.code).to.equal(0);
      expect(done.stdout).to.match(/^Reloaded: [\da-f]{16} → [\da-f]{16}\n$/);
      expect((await run('status')).stdout).to.include('renamed: not used since the start');
      writeFileSync(file, text.replace('provider: stripe', 'provider: strip'));
      const refused = await run('reload');
      expect(refused).to.include({ code: 3, stdout: '' });
      expect(refused.stderr).to.match(/gateway\.yaml:\d+:\d+ {2}error .*strip/);
      expect(refused.stderr).to.include('did you mean "stripe"');
      expect(refused.stderr).to.include('The gateway goes on with ');
      const json = await run('reload', '--json');
      expect(json).to.include({ code: 3, stderr: '' });
      expect(JSON.parse(json.stdout).error).to.include({ reason: 'config', exitCode: 3 });
      expect((await run('status')).stdout).to.include('LAST RELOAD REFUSED: the configuration has a fault');
      expect(await scrape()).to.match(/^gateway_reload_failed 1$/m);
      expect(
        JSON.stringify(await (await fetch(`${started.adminUrl}/reload`, { method: 'POST' })).json()),
      ).not.to.include('whsec_');
      writeFileSync(file, text);
      expect((await run('reload')).code).to.equal(0);
      expect(await scrape()).to.match(/^gateway_reload_failed 0$/m);
      expect(await postStripe(started.url, 'evt_after')).to.equal(200);
    });

    if (workers > 1) {
      it('keeps the counts of a worker that has ended', async () => {
        await scrape();
        const pids = [
          ...started.cli.stderr.matchAll(/"worker":\d[^\n]*"msg":"listening"|"pid":(\d+)[^\n]*"msg":"listening"/g),
        ];
        const [pid] = pids.flatMap((match) => match[0].match(/"pid":(\d+)/)?.[1] ?? []);
        started.cli.forget();
        process.kill(Number(pid), 'SIGKILL');
        await started.cli.logs(/"msg":"listening"/);
        expect(await scrape()).to.match(/^gateway_deliveries_total\{endpoint="stripe",outcome="accepted"\} 7$/m);
      });
    }
  });
}

describe('the operator without Kafka', () => {
  it('sees what waits for it, of all workers', async () => {
    const config = configOf(2).replace(
      /^embedded:.*$/m,
      'kafka: { brokers: "127.0.0.1:1" }\nspool: { dir: ../data/spool }',
    );
    const started = await start(config);
    for (let n = 0; n < 6; n++) expect(await postStripe(started.url, `evt_${n}`)).to.equal(200);
    const ask = (...args: string[]) => new Cli(started.directory.path, [...args, '--url', started.adminUrl]).ended();
    const { code, stdout } = await ask('status');
    expect(code).to.equal(0);
    expect(stdout).to.match(/^NO CONNECTION TO KAFKA$/m);
    expect(stdout).to.match(
      /^lag: 6 records \([\d.]+ KiB\) on disk, the oldest for \d+ s, [12] records? \([\d.]+ KiB\) in memory$/m,
    );
    expect(stdout).to.match(/^webhooks\.stripe\.charge +closed +6 +[\d.]+ KiB +\d+ s +0$/m);
    const text = await (await fetch(`${started.adminUrl}/metrics`)).text();
    expect(text).to.match(/^gateway_spool_records\{topic="webhooks.stripe.charge"\} 6$/m);
    expect(text).to.match(/^gateway_queue_records [12]$/m);
    expect(text).to.match(/^gateway_queue_bytes [1-9]\d+$/m);
    expect(text).to.match(/^gateway_parked_records\{topic="webhooks.stripe.charge"\} 0$/m);
    started.cli.kill('SIGTERM');
    expect((await started.cli.ended()).code).to.equal(0);
    started.directory.remove();
  });
});

describe('status and reload without a gateway', () => {
  it('exit with 4', async () => {
    const started = await start(configOf(1));
    started.cli.kill('SIGTERM');
    await started.cli.ended();
    for (const command of ['status', 'reload']) {
      const none = await new Cli(started.directory.path, [command, '--url', started.adminUrl]).ended();
      expect(none).to.include({ code: 4, stdout: '' });
      expect(none.stderr).to.match(/^No gateway answers at http:\/\/127\.0\.0\.1:\d+: gateway start runs one, .*\n$/);
      const unknown = await new Cli(started.directory.path, [command, '--config', 'nowhere.yaml']).ended();
      expect(unknown.code).to.equal(4);
      expect(unknown.stderr).to.include('has no admin.listen');
    }
    started.directory.remove();
  });
});

describe('gateway start --watch', () => {
  it('reloads when a file changes', async () => {
    const started = await start(configOf(1), '--watch');
    const file = join(started.directory.path, 'config/gateway.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('path: /webhooks/stripe', 'path: /moved'));
    await started.cli.logs(/configuration reloaded/);
    expect(await postStripe(started.url, 'evt_1', '/moved')).to.equal(200);
    started.cli.kill('SIGTERM');
    expect((await started.cli.ended()).code).to.equal(0);
    started.directory.remove();
  });
});
