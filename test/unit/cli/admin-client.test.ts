import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { askAdmin } from '../../../src/cli/admin-client.js';
import type { Failure } from '../../../src/exit.js';
import type { ListenAddress } from '../../../src/server/http/bind.js';
import { type OperatorServers, startOperatorServers } from '../../../src/server/http/operator-servers.js';
import { createLog } from '../../../src/server/telemetry/log.js';

const token = 'correct-horse-battery-staple';

describe('the client of the admin server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-client-'));
  const config = join(folder, 'gateway.yaml');
  const socket = join(folder, 'admin.sock');
  const opened: OperatorServers[] = [];

  afterEach(async () => {
    delete process.env.ADMIN_TOKEN_OF_TEST;
    await Promise.all(opened.splice(0).map((servers) => servers.close(100)));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function start(listen: ListenAddress): Promise<string> {
    const log = createLog('error', { write: () => undefined });
    const servers = await startOperatorServers(
      { admin: { listen, token: { reveal: () => token } } },
      {
        log,
        unready: () => undefined,
        setLevel: () => undefined,
        status: async () => ({ ready: true }),
        reload: async () => ({ reloaded: true }),
      },
    );
    opened.push(servers);
    return servers.adminUrl ?? '';
  }

  function write(admin: string): void {
    writeFileSync(config, `version: 1\nadmin: ${admin}\n`);
  }

  const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: Failure) => error);

  it('sends the token of a file over a socket', async () => {
    await start({ path: socket });
    writeFileSync(join(folder, 'token'), `${token}\n`);
    write(`{ listen: "unix:${socket}", token: { file: token } }`);
    expect(await askAdmin({ config }, 'POST', '/reload')).to.deep.equal({ reloaded: true });
    expect(await askAdmin({ config }, 'GET', '/status')).to.deep.equal({ ready: true });
    expect(await askAdmin({ config, url: `unix:${socket}` }, 'GET', '/status')).to.deep.equal({ ready: true });
  });

  it('sends the token of a variable to a port', async () => {
    const url = await start({ host: '127.0.0.1', port: 0 });
    process.env.ADMIN_TOKEN_OF_TEST = token;
    write(`{ listen: "${url.slice('http://'.length)}", token: { env: ADMIN_TOKEN_OF_TEST } }`);
    expect(await askAdmin({ config }, 'POST', '/reload')).to.deep.equal({ reloaded: true });
    expect(await askAdmin({ config, url }, 'POST', '/reload')).to.deep.equal({ reloaded: true });
  });

  it('says what is wrong with the token, and never the token', async () => {
    const url = await start({ host: '127.0.0.1', port: 0 });
    write(`{ listen: "${url.slice('http://'.length)}", token: { env: ADMIN_TOKEN_OF_TEST } }`);
    const none = await failure(askAdmin({ config }, 'POST', '/reload'));
    expect(none).to.include({ reason: 'negative' });
    expect(none?.message).to.contain('wants the token');
    process.env.ADMIN_TOKEN_OF_TEST = 'another-token-of-a-length';
    const wrong = await failure(askAdmin({ config }, 'POST', '/reload'));
    expect(wrong?.message).to.contain('does not take the admin.token of').and.not.contain('another-token');
  });

  it('says that nobody answers', async () => {
    write(`{ listen: "unix:${join(folder, 'gone.sock')}" }`);
    expect(await failure(askAdmin({ config }, 'GET', '/status'))).to.include({
      reason: 'unreachable',
      message: `No gateway answers at unix:${join(folder, 'gone.sock')}: gateway start runs one, gateway dev one for development`,
    });
    expect(await failure(askAdmin({ config, url: 'nonsense' }, 'GET', '/'))).to.include({ reason: 'unreachable' });
  });

  it('prints nothing that another program on the port may have a terminal do', async () => {
    const hostile = 'a\u001b[31m\u009b2J\u202e\nFAKE\u0007';
    let status = 200;
    const other = createServer((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: hostile, reason: hostile, config: { [hostile]: [hostile, 1, null] } }));
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    write('{ listen: "127.0.0.1:1" }');
    try {
      const clean = 'a\ufffd[31m\ufffd2J\ufffd\ufffdFAKE\ufffd';
      const answer = { error: clean, reason: clean, config: { [clean]: [clean, 1, null] } };
      expect(await askAdmin({ config, url }, 'GET', '/status')).to.deep.equal(answer);
      status = 403;
      expect((await failure(askAdmin({ config, url }, 'GET', '/status')))?.message).to.equal(
        `${url} refuses this request: ${clean}`,
      );
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });
});
