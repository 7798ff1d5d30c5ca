import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { describeWith } from '../support/tool.js';
import { Cli, embeddedConfig, makeDirectory } from './cli.js';

const time = '\\d\\d:\\d\\d:\\d\\d';

async function withDirectory(
  files: { readonly [path: string]: string },
  run: (path: string) => Promise<void>,
): Promise<void> {
  const directory = makeDirectory(files);
  await run(directory.path);
  directory.remove();
}

async function stop(gateway: Cli): Promise<string> {
  gateway.kill('SIGTERM');
  const { code, stdout } = await gateway.ended();
  expect(code).to.equal(0);
  return stdout;
}

async function untilThere(file: string): Promise<void> {
  while (!existsSync(file) || statSync(file).size === 0) await delay(20);
}

/** A script in place of a program that is not of this project. */
function fake(folder: string, name: string, lines: string): { readonly PATH: string } {
  const file = join(folder, 'programs', name);
  mkdirSync(join(folder, 'programs'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${lines}\n`);
  chmodSync(file, 0o755);
  return { PATH: `${join(folder, 'programs')}${delimiter}${process.env.PATH}` };
}

describe('gateway dev', () => {
  it('makes its secrets, and the commands beside it find it', async () => {
    await withDirectory({ 'config/dev.yaml': embeddedConfig() }, async (path) => {
      const gateway = new Cli(path, ['dev']);
      await gateway.says(/npx webhook-gateway simulate send --type \S+/);
      const made = statSync(join(path, 'data/stripe.secret'));
      expect((made.mode & 0o777).toString(8)).to.equal('600');
      const text = readFileSync(join(path, 'data/stripe.secret'), 'utf8').trim();
      expect(text).to.match(/^[0-9a-f]{64}$/);

      const send = new Cli(path, ['simulate', 'send', '--type', 'charge.refunded']);
      expect(await send.ended()).to.include({ code: 0, stderr: '' });
      expect(send.configuration).to.equal('config/dev.yaml, of the gateway dev that runs here');
      const tapped = await new Cli(path, ['tap', '--from-beginning', '--max', '1']).ended();
      expect(tapped.stdout).to.include('webhooks.stripe.charge/');

      // Under npm, one Ctrl-C arrives twice.
      gateway.kill('SIGINT');
      gateway.kill('SIGINT');
      const { code, stdout, stderr } = await gateway.ended();
      // The second one may come when Node is on its way out and hears no signals any more: then there is no code.
      expect(code).to.be.oneOf([0, null]);
      expect(stdout).to.include('"msg":"stopped"');
      expect(stdout + stderr).not.to.include(text);
      expect(existsSync(join(path, 'data/dev/gateway.json'))).to.equal(false);

      const alone = await new Cli(path, ['simulate', 'send', '--type', 'charge.refunded']).ended();
      expect(alone.code).to.equal(3);
      expect(alone.stderr).to.include('there is no ./gateway.yaml');
    });
  });

  it('makes no secret for a configuration with Kafka', async () => {
    const config = embeddedConfig().replace(/^embedded:.*$/m, 'kafka: { brokers: "127.0.0.1:9" }');
    await withDirectory({ 'config/dev.yaml': config }, async (path) => {
      expect((await new Cli(path, ['dev']).ended()).code).to.equal(3);
      expect(existsSync(join(path, 'data'))).to.equal(false);
    });
  });

  it('runs in an empty folder, prints a line for each webhook, and why one is refused', async () => {
    await withDirectory({}, async (path) => {
      const gateway = new Cli(path, ['dev', '--port', '0', '--provider', 'stripe,twilio']);
      const [, url = ''] = await gateway.says(/listens at (\S+)[\s\S]*simulate send/);
      expect(gateway.configuration).to.equal('built in, for stripe, twilio (data/dev/gateway.yaml)');
      const send = (...args: string[]) => new Cli(path, ['simulate', 'send', ...args]).ended();
      expect((await send('--type', 'charge.refunded')).code).to.equal(0);
      await gateway.says(
        new RegExp(`^${time}  200  stripe  charge\\.refunded  evt_\\S+ → webhooks\\.stripe\\.charge  \\d+ ms$`, 'm'),
      );
      expect((await send('--type', 'charge.refunded', '--invalid-signature')).code).to.equal(0);
      const [, id = ''] = await gateway.says(
        new RegExp(
          `^${time}  401  stripe  signature_mismatch: .*  \\d+ ms\\n +why: npx webhook-gateway explain (\\S+)$`,
          'm',
        ),
      );
      const why = await new Cli(path, ['explain', id]).ended();
      expect(why.stdout).to.include('signature_mismatch');
      await fetch(`${url}/webhooks/strip`, { method: 'POST', body: '{}' });
      await gateway.says(/ {2}404 {2}POST \/webhooks\/strip {2}path_unknown: .*\n +did you mean \/webhooks\/stripe\?/);

      const second = await new Cli(path, ['dev']).ended();
      expect([second.code, second.stderr]).to.deep.equal([
        1,
        `gateway dev runs here already, at ${url}: process ${gateway.pid}\n`,
      ]);
      await stop(gateway);
    });
  });

  it('takes the next free port and says so; the one that it was given, or none', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = Object(other.address());
    await withDirectory({ 'config/dev.yaml': embeddedConfig(`127.0.0.1:${port}`) }, async (path) => {
      const { code, stderr } = await new Cli(path, ['dev', '--port', String(port)]).ended();
      expect(code).to.equal(1);
      expect(stderr).to.equal(
        `Can't listen on 127.0.0.1:${port}: another program listens there already\n  = --port ${port}: give another\n`,
      );
      const gateway = new Cli(path, ['dev']);
      const [, next] = await gateway.says(new RegExp(`Port ${port} is taken: (\\d+) is the next free one`));
      await gateway.says(new RegExp(`listens at http://127\\.0\\.0\\.1:${next}\n[\\s\\S]*simulate send`));
      await stop(gateway);
    });
    other.close();
  });

  it('sends what was accepted on to a local handler, and nothing else', async () => {
    const seen: { readonly signature: unknown; readonly body: Buffer }[] = [];
    const handler = createHttpServer(async (request, response) => {
      seen.push({ signature: request.headers['stripe-signature'], body: await buffer(request) });
      response.writeHead(202).end('handled\nby us');
    }).listen(0, '127.0.0.1');
    await once(handler, 'listening');
    const { port } = Object(handler.address());
    await withDirectory({}, async (path) => {
      const gateway = new Cli(path, ['dev', '--port', '0', '--forward', `http://127.0.0.1:${port}/hook`]);
      await gateway.says(/simulate send/);
      await new Cli(path, ['simulate', 'send', '--type', 'charge.refunded', '--invalid-signature']).ended();
      await new Cli(path, ['simulate', 'send', '--type', 'charge.refunded']).ended();
      await gateway.says(new RegExp(`^ +→ http://127\\.0\\.0\\.1:${port}/hook  202  \\d+ ms  handled by us$`, 'm'));
      expect(seen).to.have.length(1);
      expect(seen[0]?.signature).to.match(/^t=\d+,v1=[0-9a-f]{64}/);
      const tapped = await new Cli(path, [
        'tap',
        'webhooks.stripe.charge',
        '--from-beginning',
        '--max',
        '1',
        '--json',
      ]).ended();
      expect(JSON.parse(tapped.stdout).value).to.equal(seen[0]?.body.toString());
      await stop(gateway);
    });
    handler.close();
  });

  it('takes the secret of the Stripe CLI, and has it send events here', async () => {
    const secret = 'whsec_0123456789abcdef';
    await withDirectory({}, async (path) => {
      const env = fake(
        path,
        'stripe',
        `case "$*" in *--print-secret*) echo ${secret};; *) echo "Ready! Your webhook signing secret is ${secret}"; echo "$*" > asked; exec sleep 60;; esac`,
      );
      const gateway = new Cli(path, ['dev', '--port', '0', '--stripe-cli'], env);
      await gateway.says(/stripe: Ready! Your webhook signing secret is whsec_…/);
      const [, url] = await gateway.says(/listens at (\S+)[\s\S]*simulate send/);
      await untilThere(join(path, 'asked'));
      expect(readFileSync(join(path, 'asked'), 'utf8')).to.equal(
        `listen --skip-update --forward-to ${url}/webhooks/stripe\n`,
      );
      expect((await new Cli(path, ['simulate', 'send', '--type', 'charge.refunded']).ended()).code).to.equal(0);
      expect(await stop(gateway)).not.to.include(secret);
    });
  });

  it('prints the public address of a tunnel; without its program it says where that is to be had', async () => {
    await withDirectory({}, async (path) => {
      const env = fake(path, 'cloudflared', 'echo "INF |  https://made-up.trycloudflare.com  |" >&2; exec sleep 60');
      const gateway = new Cli(path, ['dev', '--port', '0', '--tunnel', 'cloudflared', '-p', 'twilio'], env);
      await gateway.says(/For the provider:\n +https:\/\/made-up\.trycloudflare\.com\/webhooks\/twilio {2}Twilio/);
      expect(readFileSync(join(path, 'data/dev/gateway.yaml'), 'utf8')).to.include(
        'publicUrl: https://made-up.trycloudflare.com\n',
      );
      await stop(gateway);
      const broken = await new Cli(
        path,
        ['dev', '--tunnel', 'ngrok'],
        fake(path, 'ngrok', 'echo no account; exit 1'),
      ).ended();
      expect([broken.code, broken.stderr]).to.deep.equal([4, 'ngrok has ended with 1\n  no account\n']);
      const missing = await new Cli(path, ['dev', '--tunnel', 'smee'], { PATH: join(path, 'nothing') }).ended();
      expect([missing.code, missing.stderr]).to.deep.equal([
        2,
        'There is no program smee in the PATH\n  = --tunnel smee: install it (npm install --global smee-client)\n',
      ]);
    });
  });
});

describeWith(['script'], 'gateway dev on a terminal', (script) => {
  it('sends an example at s, and ends at q', async () => {
    await withDirectory({}, async (path) => {
      const command = `'${process.execPath}' '${join(import.meta.dirname, '../../bin/run.js')}' dev --port 0`;
      // One key when it says which there are, the other when the webhook is shown.
      const line = `(until grep -q Keys: out 2>/dev/null; do sleep 0.1; done; printf s; until grep -q '→ webhooks' out; do sleep 0.1; done; printf q; sleep 5) | '${script}' -qfec "${command}" out`;
      const { status, stdout } = spawnSync('bash', ['-c', `${line}; exit \${PIPESTATUS[1]}`], {
        cwd: path,
        encoding: 'utf8',
        timeout: 50_000,
        // Node.js takes a terminal for one without colours where CI is set.
        env: { ...process.env, TERM: 'xterm-256color', CI: undefined, NO_COLOR: undefined },
      });
      expect(stdout).to.match(/Keys: {2}o open the inspector {3}s send an example {3}q quit/);
      expect(stdout).to.match(
        /200.* {2}stripe {2}payment_intent\.\S+ {2}evt_\S+ → webhooks\.stripe\.payment_intent {2}\d+ ms/,
      );
      expect(stdout).to.include('\u001b[32m200\u001b[39m').and.not.to.include('\ufffd');
      expect(status).to.equal(0);
    });
  });
});
