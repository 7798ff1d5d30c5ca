import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { TlsTexts } from '../../../../src/config/certificate.js';
import { Connections } from '../../../../src/server/http/connections.js';
import { type Listening, listen } from '../../../../src/server/http/server.js';
import { createLog, type GatewayLog } from '../../../../src/server/telemetry/log.js';
import { RawConnection } from '../../../support/raw-http.js';
import { ask, pair, shake, shownBy } from '../../../support/tls.js';

const own = pair();
const clients = pair({ name: 'clients', authority: true });
const client = pair({ name: 'client', issuer: clients.identity });
const stranger = pair({ name: 'client' });

describe('the HTTP side with TLS', () => {
  let server: Listening;
  let lines: string[];
  let log: GatewayLog;
  let connections: Connections;

  beforeEach(() => {
    lines = [];
    log = createLog('info', { write: (line: string) => void lines.push(line) });
    connections = new Connections({ connections: 100, connectionsPerAddress: 3 }, () => false);
  });
  afterEach(() => server.close(0));

  async function start(tls: TlsTexts): Promise<void> {
    server = await listen(
      (request, response) => response.end(request.socket.remoteAddress),
      { host: '127.0.0.1', port: 0 },
      log,
      { connections, tls },
    );
  }

  function said(message: string): { reason?: string; code?: string; client?: string }[] {
    return lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === message);
  }

  async function untilOpen(count: number): Promise<void> {
    while (connections.open !== count) await delay(1);
  }

  it('answers over TLS 1.3 and 1.2, and nothing older', async () => {
    await start(own);
    expect(server.url).to.match(/^https:\/\/127\.0\.0\.1:\d+$/);
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      expect(await ask(server.url, { minVersion: version, maxVersion: version })).to.equal(200);
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    expect(await ask(server.url, old)).to.be.a('string');
    expect(said('TLS handshake failed')).to.have.length(1);
    expect(said('TLS handshake failed')[0]).to.include({ client: '127.0.0.1', code: 'ERR_SSL_UNSUPPORTED_PROTOCOL' });
    await untilOpen(0);
  });

  it('closes what is not a handshake, and says so once', async () => {
    await start(own);
    for (let n = 0; n < 5; n++) {
      expect(await new RawConnection(server.url).write('GET / HTTP/1.1\r\nHost: x\r\n\r\n').closed()).not.to.include(
        '200',
      );
    }
    expect(said('TLS handshake failed').map(({ code }) => code)).to.deep.equal(['ERR_SSL_HTTP_REQUEST']);
    new RawConnection(server.url).cut();
    await untilOpen(0);
    expect(lines).to.have.length(1);
  });

  it('counts connections before their handshake, and closes one too many', async () => {
    await start(own);
    const silent = Array.from({ length: 3 }, () => new RawConnection(server.url));
    await untilOpen(3);
    expect(await new RawConnection(server.url).closed()).to.equal('');
    expect(said('connection refused').map(({ reason, client: who }) => [reason, who])).to.deep.equal([
      ['server.limits.connectionsPerAddress', '127.0.0.1'],
    ]);
    for (const each of silent) each.cut();
    await untilOpen(0);
    expect(await ask(server.url)).to.equal(200);
  });

  it('refuses a handshake before it begins where an address may have no more', async () => {
    let left = 2;
    connections = new Connections(
      { connections: 100, connectionsPerAddress: 50 },
      () => false,
      () => left-- > 0,
    );
    await start(own);
    expect([await ask(server.url), await ask(server.url)]).to.deep.equal([200, 200]);
    expect(await ask(server.url)).to.equal('ECONNRESET');
    expect(said('connection refused').map(({ reason }) => reason)).to.deep.equal(['server.limits.unprovenPerAddress']);
    expect(connections.refused.unprovenPerAddress).to.equal(1);
    await untilOpen(0);
  });

  it('lets only clients in whose certificate an authority of theirs has signed', async () => {
    await start({ ...own, clientCa: clients.cert });
    expect(await ask(server.url, { cert: client.cert, key: client.key })).to.equal(200);
    expect(await ask(server.url)).to.equal('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
    expect(await ask(server.url, { cert: stranger.cert, key: stranger.key })).to.equal('ECONNRESET');
    expect(await ask(server.url, { cert: stranger.cert, key: stranger.key, maxVersion: 'TLSv1.2' })).to.be.a('string');
    expect(said('TLS handshake failed').map(({ code }) => code)).to.deep.equal([
      'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ]);
  });

  it('shows a renewed certificate to new connections, and serves on over the old ones', async () => {
    await start(own);
    const before = await shownBy(server.url);
    const open = await shake(server.url);
    const next = pair();
    server.renew(next);
    expect(await shownBy(server.url)).not.to.equal(before);
    open.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await new Promise<Buffer>((resolve) => open.once('data', resolve));
    expect(answer.toString()).to.match(/^HTTP\/1\.1 200/);
    open.destroy();
  });

  it('asks for another authority of clients after a renewal, of those too that have been here', async () => {
    await start({ ...own, clientCa: clients.cert });
    const first = await shake(server.url, { cert: client.cert, key: client.key, maxVersion: 'TLSv1.2' });
    const session = first.getSession();
    first.destroy();
    server.renew({ ...own, clientCa: stranger.cert });
    const again = { cert: client.cert, key: client.key, maxVersion: 'TLSv1.2', ...(session && { session }) } as const;
    expect(await ask(server.url, again)).to.be.a('string');
    expect(await ask(server.url, { cert: stranger.cert, key: stranger.key })).to.equal(200);
  });

  it('closes at the end what is in a handshake, and what says nothing after one', async () => {
    await start(own);
    const shaking = new RawConnection(server.url);
    const silent = await shake(server.url);
    const closed = new Promise((resolve) => silent.on('close', resolve));
    await untilOpen(2);
    const startedAt = performance.now();
    await server.close(10_000);
    expect(performance.now() - startedAt).to.be.within(400, 3_000);
    await Promise.all([closed, shaking.closed()]);
  });

  it('waits at the end for a request that has begun', async () => {
    await start(own);
    const open = await shake(server.url);
    open.write('GET / HTTP/1.1\r\nHo');
    await delay(20);
    const closing = server.close(10_000);
    await delay(700);
    open.write('st: x\r\n\r\n');
    const answer = await new Promise<Buffer>((resolve) => open.once('data', resolve));
    expect(answer.toString()).to.match(/^HTTP\/1\.1 200/);
    open.destroy();
    await closing;
  });
});
