import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type AdminAccess, createGuard } from '../../../../src/server/http/admin-guard.js';
import type { ListenAddress } from '../../../../src/server/http/bind.js';
import { type OperatorServers, startOperatorServers } from '../../../../src/server/http/operator-servers.js';
import { createLog, type GatewayLog } from '../../../../src/server/telemetry/log.js';

const loopback = { host: '127.0.0.1', port: 0 };
const token = 'correct-horse-battery-staple';
const own = { host: '127.0.0.1:8001' };

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

describe('the guard of the admin server', () => {
  const judge = (headers: IncomingHttpHeaders, access: Partial<AdminAccess> = {}, method = 'GET', url = '/status') =>
    createGuard({ listen: { host: '127.0.0.1' }, ...access })({ method, url, headers })?.reason;

  for (const host of [
    'localhost',
    'LOCALHOST:8001',
    '127.0.0.1',
    '127.0.0.1:8001',
    '127.9.9.9',
    '[::1]',
    '[::1]:8001',
  ]) {
    it(`knows ${host}`, () => expect(judge({ host })).to.equal(undefined));
  }

  for (const host of [
    'evil.example',
    'evil.example:8001',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost.',
    '10.0.0.1',
    '2130706433',
    '[::]',
    '::1',
    'user@localhost',
    'localhost:8001:8001',
    'localhost/',
    '',
  ]) {
    it(`does not know ${host || 'an empty host'}`, () => expect(judge({ host })).to.equal('host'));
  }

  it('wants a Host', () => expect(judge({})).to.equal('host'));

  it('knows the host where it listens, and those that are named', () => {
    expect(judge({ host: 'gw.internal:8001' }, { listen: { host: 'GW.internal' } })).to.equal(undefined);
    expect(judge({ host: 'admin.example' }, { hosts: ['Admin.example'] })).to.equal(undefined);
    expect(judge({ host: 'other.example' }, { hosts: ['Admin.example'] })).to.equal('host');
    expect(judge({ host: 'localhost' }, { listen: { path: '/run/admin.sock' } })).to.equal(undefined);
    expect(judge({ host: 'evil.example' }, { listen: { path: '/run/admin.sock' } })).to.equal('host');
  });

  it('knows every address, but no further name, where it listens on all', () => {
    for (const listen of [{ host: '0.0.0.0' }, { host: '::' }]) {
      expect(judge({ host: '10.1.2.3:8001' }, { listen })).to.equal(undefined);
      expect(judge({ host: '[fd00::7]:8001' }, { listen })).to.equal(undefined);
      expect(judge({ host: 'evil.example' }, { listen })).to.equal('host');
    }
  });

  for (const [headers, foreign] of [
    [{ origin: 'http://127.0.0.1:8001' }, false],
    [{ origin: 'https://127.0.0.1:8001' }, false],
    [{ 'sec-fetch-site': 'same-origin' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ origin: 'https://evil.example' }, true],
    [{ origin: 'http://127.0.0.1:3000' }, true],
    [{ origin: 'null' }, true],
    [{ origin: '' }, true],
    [{ 'sec-fetch-site': 'cross-site' }, true],
    [{ 'sec-fetch-site': 'same-site' }, true],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }, true],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1:8001' }, true],
  ] as const) {
    it(`takes ${JSON.stringify(headers)} for ${foreign ? 'a foreign' : 'an own'} request, whatever the method`, () => {
      for (const method of ['GET', 'POST', 'PUT', 'OPTIONS']) {
        expect(judge({ ...own, ...headers }, {}, method)).to.equal(foreign ? 'origin' : undefined);
      }
    });
  }

  for (const [authorization, fits] of [
    [`Bearer ${token}`, true],
    [`bearer  ${token} `, true],
    [undefined, false],
    ['', false],
    [token, false],
    [`Basic ${token}`, false],
    [`Bearer ${token}x`, false],
    [`Bearer ${token.slice(1)}`, false],
    ['Bearer ', false],
  ] as const) {
    it(`${fits ? 'takes' : 'refuses'} ${authorization} where something changes, and wants nothing where something is read`, () => {
      const access = { token: { reveal: () => token } };
      const headers = { ...own, ...(authorization !== undefined && { authorization }) };
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        expect(judge(headers, access, method)).to.equal(fits ? undefined : 'token');
      }
      for (const method of ['GET', 'HEAD']) expect(judge(headers, access, method)).to.equal(undefined);
    });
  }

  for (const url of ['http://[', 'http://evil.example/status', '*', '']) {
    it(`refuses the target "${url}"`, () => expect(judge(own, {}, 'GET', url)).to.equal('target'));
  }
});

describe('the servers for operators', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-admin-'));
  const opened: OperatorServers[] = [];
  let lines: string[];
  let log: GatewayLog;
  let reloads: number;

  beforeEach(() => {
    lines = [];
    reloads = 0;
    log = createLog('debug', { write: (line: string) => void lines.push(line) });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((servers) => servers.close(100)));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function start(
    admin: AdminAccess & { readonly listen: ListenAddress },
    probes?: { readonly listen: ListenAddress },
  ) {
    const servers = await startOperatorServers(
      { admin, ...(probes && { probes }) },
      {
        log,
        unready: () => undefined,
        setLevel: (level) => (log.level = level),
        metrics: async () => 'gateway_up 1\n',
        status: async () => ({ ready: true }),
        async reload() {
          reloads++;
          return { reloaded: true };
        },
      },
    );
    opened.push(servers);
    return servers.adminUrl ?? '';
  }

  function send(url: string, { method = 'GET', path = '/', headers = {}, body }: Sent) {
    const place = url.startsWith('unix:')
      ? { socketPath: url.slice('unix:'.length) }
      : { host: '127.0.0.1', port: new URL(url).port };
    return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const sent = request({ ...place, method, path, headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode, body: text }));
      });
      sent.on('error', reject).end(body);
    });
  }

  it('refuse what the page of another site sends, and a name that is not theirs', async () => {
    const url = await start({ listen: loopback });
    const forged = {
      'Content-Type': 'text/plain',
      Origin: 'https://evil.example',
      'Sec-Fetch-Site': 'cross-site',
    };
    expect((await send(url, { method: 'POST', path: '/reload', headers: forged })).status).to.equal(403);
    for (const [method, path] of [
      ['POST', '/reload'],
      ['GET', '/status'],
      ['PUT', '/log'],
      ['GET', '/health'],
      ['GET', '/metrics'],
    ] as const) {
      const answer = await send(url, { method, path, headers: { Host: 'evil.example' } });
      expect(answer.status, path).to.equal(403);
      expect(answer.body).not.to.contain('evil');
    }
    expect(reloads).to.equal(0);
    expect((await send(url, { method: 'POST', path: '/reload' })).status).to.equal(200);
    expect(reloads).to.equal(1);
    expect(lines.join('')).to.contain('"msg":"admin request refused"').and.not.contain('evil');
  });

  it('want the token where something changes, and never say it', async () => {
    const url = await start({ listen: loopback, token: { reveal: () => token } });
    const authorized = { Authorization: `Bearer ${token}` };
    const refused = await send(url, { method: 'POST', path: '/reload' });
    expect(refused.status).to.equal(403);
    expect(JSON.parse(refused.body).reason).to.equal('token');
    expect((await send(url, { method: 'PUT', path: '/log', body: '{"level":"error"}' })).status).to.equal(403);
    expect(reloads).to.equal(0);
    expect((await send(url, { method: 'POST', path: '/reload', headers: authorized })).status).to.equal(200);
    expect((await send(url, { path: '/status' })).status).to.equal(200);
    expect(`${lines.join('')}${refused.body}`).not.to.contain(token);
  });

  it('refuse a level that is compressed, not JSON, or too long', async () => {
    const url = await start({ listen: loopback });
    const put = (body: Buffer | string, headers: Record<string, string>) =>
      send(url, { method: 'PUT', path: '/log', body, headers: { 'Content-Type': 'application/json', ...headers } });
    const level = '{"level":"debug"}';
    expect((await put(gzipSync(level), { 'Content-Encoding': 'gzip' })).status).to.equal(415);
    expect((await put(level, { 'Content-Encoding': 'gzip' })).status).to.equal(415);
    expect((await put(level, { 'Content-Encoding': 'br, gzip' })).status).to.equal(415);
    expect((await put('{"level":', {})).status).to.equal(400);
    expect((await put(' '.repeat(5000), {})).status).to.equal(413);
    expect((await put(level, { 'Content-Encoding': 'identity' })).status).to.equal(200);
  });

  it('answer 400 to a target that is not a path', async () => {
    const url = await start({ listen: loopback }, { listen: loopback });
    expect((await send(url, { path: 'http://[' })).status).to.equal(400);
    expect((await send(url, { path: 'http://localhost/status' })).status).to.equal(400);
  });

  it('listen on a socket that only their user can open, and take it over from a killed process', async () => {
    const path = join(folder, 'run/admin.sock');
    mkdirSync(join(folder, 'run'), { mode: 0o700 });
    const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', program, path]);
    expect(statSync(path).isSocket()).to.equal(true);
    const url = await start({ listen: { path } });
    expect(url).to.equal(`unix:${path}`);
    expect((await send(url, { path: '/status' })).status).to.equal(200);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    const second = await start({ listen: { path } }).catch((error: NodeJS.ErrnoException) => error.code);
    expect(second).to.equal('EADDRINUSE');
    expect((await send(url, { path: '/status' })).status).to.equal(200);
  });

  it('leave a file alone that is not a socket', async () => {
    const path = join(folder, 'notes.txt');
    writeFileSync(path, 'mine');
    const code = await start({ listen: { path } }).catch((error: NodeJS.ErrnoException) => error.code);
    expect(code).to.equal('EADDRINUSE');
    expect(statSync(path).size).to.equal(4);
  });

  it('have a server of their own for probes, on which nothing can be changed', async () => {
    const port = await freePort();
    await start({ listen: loopback, token: { reveal: () => token } }, { listen: { host: '127.0.0.1', port } });
    const url = `http://127.0.0.1:${port}`;
    for (const path of ['/health', '/ready', '/metrics']) {
      expect((await send(url, { path, headers: { Host: 'gateway.pod' } })).status, path).to.equal(200);
    }
    for (const [method, path] of [
      ['POST', '/reload'],
      ['PUT', '/log'],
      ['GET', '/log'],
      ['GET', '/status'],
    ] as const) {
      const headers = { Authorization: `Bearer ${token}` };
      expect((await send(url, { method, path, headers })).status, path).to.equal(404);
    }
    expect((await send(url, { path: 'http://[' })).status).to.equal(400);
    expect(reloads).to.equal(0);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
