import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { TlsTexts } from '../../src/config/certificate.js';
import { RawConnection } from '../support/raw-http.js';
import { pair, shake, shownBy } from '../support/tls.js';
import { Cli, type Ended, makeDirectory } from './cli.js';
import { configOf, type Started } from './running.js';
import { secret, stripeRequest } from './stripe.js';

const old = pair({ expires: Date.UTC(2048, 0) });
const tls = 'tls: { cert: ../tls/tls.crt, key: { file: ../tls/tls.key } }';

function withTls(config: string, text = tls): string {
  return config.replace('server: { ', `server: { ${text}, `);
}

/** As Kubernetes mounts a secret: links to a link, which is swapped. */
function mount(folder: string, { cert, key }: TlsTexts, version: string): void {
  const data = join(folder, `..${version}`);
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'tls.crt'), cert);
  writeFileSync(join(data, 'tls.key'), key);
  symlinkSync(`..${version}`, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

function prepare(config: string, texts: TlsTexts = old): ReturnType<typeof makeDirectory> {
  const directory = makeDirectory({ 'config/gateway.yaml': config, 'data/stripe.secret': secret });
  const folder = join(directory.path, 'tls');
  mkdirSync(folder);
  mount(folder, texts, '1');
  for (const name of ['tls.crt', 'tls.key']) symlinkSync(`..data/${name}`, join(folder, name));
  return directory;
}

/** A signed event over a connection that stays open: the beginning of the answer. */
async function postOver(socket: Awaited<ReturnType<typeof shake>>, id: string): Promise<string> {
  const { head, body } = stripeRequest(id);
  socket.write(head + body);
  const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  return answer.toString().slice(0, 12);
}

for (const workers of [1, 2]) {
  describe(`gateway start with TLS, with ${workers} of its processes`, () => {
    let gateway: Started;

    before(async () => {
      const directory = prepare(withTls(configOf(workers)));
      const cli = new Cli(directory.path, ['start', '--json']);
      const [line] = await cli.says(/^\{.*\}$/m);
      gateway = { cli, directory, ...JSON.parse(line) };
    });
    after(async () => {
      gateway.cli.kill('SIGTERM');
      const { code } = await gateway.cli.ended();
      gateway.directory.remove();
      expect(code).to.equal(0);
    });

    async function expires(): Promise<number> {
      const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return Number(/^gateway_tls_certificate_expires_timestamp_seconds (\d+)$/m.exec(text)?.[1]);
    }

    it('takes a swapped certificate, keeps open connections, and ends handshakes that take too long', async () => {
      expect(gateway.url).to.match(/^https:\/\/127\.0\.0\.1:\d+$/);
      const silentSince = performance.now();
      const silent = new RawConnection(gateway.url.replace('https', 'http'));
      const ended = silent.closed().then(() => performance.now() - silentSince);
      const open = await shake(gateway.url);
      expect(await postOver(open, 'evt_1')).to.equal('HTTP/1.1 200');
      expect(await expires()).to.equal(Date.UTC(2048, 0) / 1000);
      const before = await shownBy(gateway.url);

      mount(join(gateway.directory.path, 'tls'), { cert: pair().cert, key: old.key }, '2');
      await gateway.cli.logs(
        /"file":"[^"]*\/tls\/tls\.key","detail":"The key is not that[^}]*"certificate not renewed: the old one stays"/,
      );
      expect(await shownBy(gateway.url)).to.equal(before);

      mount(join(gateway.directory.path, 'tls'), pair({ expires: Date.UTC(2049, 0) }), '3');
      // The metric is that of the worker which is the last to take it.
      while ((await expires()) !== Date.UTC(2049, 0) / 1000) await delay(100);
      for (let n = 0; n < 2 * workers; n++) expect(await shownBy(gateway.url)).not.to.equal(before);
      expect(await postOver(open, 'evt_2')).to.equal('HTTP/1.1 200');
      open.destroy();
      expect(await ended).to.be.within(9_000, 20_000);
    }).timeout(60_000);

    it('does not turn TLS off, nor ask for certificates of clients, without a restart', async () => {
      for (const config of [
        configOf(workers),
        withTls(configOf(workers), tls.replace('crt,', 'crt, clientCa: ../tls/tls.crt,')),
      ]) {
        writeFileSync(join(gateway.directory.path, 'config/gateway.yaml'), config);
        const answer = await fetch(`${gateway.adminUrl}/reload`, { method: 'POST' });
        expect(answer.status).to.equal(422);
        expect(await answer.text()).to.include("server.tls can't change while the gateway runs: restart it");
      }
    });
  });
}

describe('TLS on the command line', () => {
  const directories: ReturnType<typeof makeDirectory>[] = [];
  after(() => {
    for (const directory of directories) directory.remove();
  });

  function run(config: string, texts: TlsTexts, ...args: string[]): Promise<Ended> {
    const directory = prepare(config, texts);
    directories.push(directory);
    return new Cli(directory.path, args).ended();
  }

  it('start says where the fault is and what to do', async () => {
    const mixed = await run(withTls(configOf(1)), { cert: old.cert, key: pair().key }, 'start');
    expect(mixed.code).to.equal(3);
    expect(mixed.stderr).to.match(
      /gateway\.yaml:2:\d+ {2}error {2}The key is not that of the certificate {2}\[tls-invalid\]/,
    );
    const directory = prepare(withTls(configOf(1)));
    directories.push(directory);
    rmSync(join(directory.path, 'tls'), { recursive: true });
    const missing = await new Cli(directory.path, ['start']).ended();
    expect(missing.stderr).to.match(/There is no file \.\.\/tls\/tls\.crt[\s\S]*There is no file \.\.\/tls\/tls\.key/);
  });

  it('doctor says how long the certificate is valid', async () => {
    const { stdout } = await run(withTls(configOf(1)), pair({ expires: Date.now() + 5.5 * 86_400_000 }), 'doctor');
    expect(stdout).to.match(
      /^warn +tls server\.tls: the certificate of localhost is valid until .*, 5 days from now$/m,
    );
  });

  it('simulate sends to a gateway whose certificate has another name, and doctor knows it on its port', async () => {
    const port = await freePort();
    const directory = prepare(withTls(configOf(1, `127.0.0.1:${port}`)), pair({ name: 'hooks.example.com' }));
    directories.push(directory);
    const gateway = new Cli(directory.path, ['start', '--json']);
    await gateway.says(/^\{.*\}$/m);
    const sent = await new Cli(directory.path, ['simulate', 'send', '--type', 'charge.refunded']).ended();
    expect([sent.code, sent.stderr]).to.deep.equal([0, '']);
    const url = `https://127.0.0.1:${port}`;
    const untrusted = await new Cli(directory.path, [
      'simulate',
      'send',
      '--type',
      'charge.refunded',
      '--url',
      url,
    ]).ended();
    expect([untrusted.code, untrusted.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 4 && text.includes('DEPTH_ZERO_SELF_SIGNED_CERT'),
    );
    const { stdout } = await new Cli(directory.path, ['doctor']).ended();
    expect(stdout).to.match(/^ok +port server\.listen: a gateway listens/m);
    gateway.kill('SIGTERM');
    expect((await gateway.ended()).code).to.equal(0);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
