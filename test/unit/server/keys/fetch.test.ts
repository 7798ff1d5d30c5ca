import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import type { KeyRequest } from '../../../../src/core/model.js';
import { fetchKey } from '../../../../src/server/keys/fetch.js';
import { certify, type Identity } from './certificate.js';

const ca = certify({ name: 'The tests', authority: true });
const good = certify({ name: 'localhost', issuer: ca });
const seen: string[] = [];

const answers: { readonly [path: string]: RequestListener } = {
  '/key': (request, response) => response.end(`${request.method} ${request.headers.authorization ?? ''}`),
  '/moved': (_, response) => response.writeHead(302, { location: '/key' }).end('moved'),
  '/rubbish': (_, response) => response.end(Buffer.from([0xff, 0x00, 0xfe, 0x41])),
  '/huge': (_, response) => response.end(Buffer.alloc(256 * 1024 + 1, 'a')),
  '/large': (_, response) => response.end(Buffer.alloc(256 * 1024, 'a')),
  '/endless': (_, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(64 * 1024, 'a')), 1);
    response.on('close', () => clearInterval(timer));
  },
  '/cut': (_, response) => response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy()),
  '/silent': () => undefined,
  '/slow': (_, response) => response.write('a'),
};

function answer(...[request, response]: Parameters<RequestListener>): void {
  seen.push(request.url ?? '');
  answers[request.url ?? '']?.(request, response);
}

async function serve({ cert, key }: Identity): Promise<Server> {
  const server = createServer({ cert, key: key.export({ type: 'pkcs8', format: 'pem' }) }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function requestTo(server: Server, path: string, host = 'localhost'): KeyRequest {
  const { port } = server.address() as AddressInfo;
  return { id: path, url: `https://${host}:${port}${path}`, method: 'GET', headers: {} };
}

async function failureOf(request: KeyRequest, patience?: number): Promise<string> {
  return fetchKey(request, patience).then(
    ({ status }) => `answered ${status}`,
    (error: NodeJS.ErrnoException) => error.code ?? error.name,
  );
}

describe('a key that is fetched over TLS', () => {
  const usual = getGlobalDispatcher();
  const servers: Server[] = [];
  let server: Server;

  before(async () => {
    // The host's own list of authorities stays out of it; names lead to this machine only.
    setGlobalDispatcher(new Agent({ connect: { ca: ca.cert, lookup: (_, __, done) => done(null, [loopback]) } }));
    server = await start(good);
  });

  beforeEach(() => seen.splice(0));

  after(async () => {
    await getGlobalDispatcher().destroy();
    setGlobalDispatcher(usual);
    for (const each of servers) {
      each.closeAllConnections();
      await new Promise((resolve) => each.close(resolve));
    }
  });

  async function start(identity: Identity): Promise<Server> {
    const started = await serve(identity);
    servers.push(started);
    return started;
  }

  it('is what the server says', async () => {
    expect(await fetchKey(requestTo(server, '/key'))).to.deep.equal({ status: 200, text: 'GET ' });
    const posted = {
      ...requestTo(server, '/key'),
      method: 'POST' as const,
      headers: { authorization: 'x' },
      body: '{}',
    };
    expect(await fetchKey(posted)).to.deep.equal({ status: 200, text: 'POST x' });
  });

  it('never comes from who cannot prove the name', async () => {
    const day = 86_400_000;
    const expired = await start(certify({ name: 'localhost', issuer: ca, expires: Date.now() - day }));
    const other = await start(certify({ name: 'other.example', issuer: ca }));
    const selfSigned = await start(certify({ name: 'localhost' }));
    const stranger = certify({ name: 'The tests', authority: true });
    const unchained = await start(certify({ name: 'localhost', issuer: stranger }));
    expect(await failureOf(requestTo(expired, '/key'))).to.equal('CERT_HAS_EXPIRED');
    expect(await failureOf(requestTo(other, '/key'))).to.equal('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await failureOf(requestTo(server, '/key', 'keys.example'))).to.equal('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await failureOf(requestTo(selfSigned, '/key'))).to.equal('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(await failureOf(requestTo(unchained, '/key'))).to.be.oneOf([
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_SIGNATURE_FAILURE',
    ]);
    expect(seen).to.deep.equal([]);
  });

  it('is never asked for elsewhere: redirects are not followed, and plain HTTP is not spoken', async () => {
    expect(await fetchKey(requestTo(server, '/moved'))).to.deep.equal({ status: 302, text: 'moved' });
    expect(seen).to.deep.equal(['/moved']);
    const plain = { ...requestTo(server, '/key'), url: requestTo(server, '/key').url.replace('https', 'http') };
    expect(await failureOf(plain)).to.equal('Error');
    expect(seen).to.deep.equal(['/moved']);
  });

  it('is refused with credentials in its URL', async () => {
    expect(await failureOf(requestTo(server, '/key', 'user:password@localhost'))).to.equal('Error');
    expect(seen).to.deep.equal([]);
  });

  it('has at most 256 KiB', async () => {
    expect((await fetchKey(requestTo(server, '/large'))).text).to.have.length(256 * 1024);
    expect(await fetchKey(requestTo(server, '/huge'))).to.deep.equal({ status: 200, text: '' });
    expect(await fetchKey(requestTo(server, '/endless'))).to.deep.equal({ status: 200, text: '' });
  });

  it('may be rubbish, which is text that is not a key', async () => {
    expect((await fetchKey(requestTo(server, '/rubbish'))).text).to.equal('\ufffd\u0000\ufffdA');
  });

  it('may be asked for over plain HTTP if it is a certificate, whose issuer proves it; its bytes are in Base64', async () => {
    const plain = createPlainServer(answer);
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as AddressInfo;
    const request = { id: 'c', url: `http://localhost:${port}/rubbish`, method: 'GET', headers: {} } as const;
    try {
      expect(await fetchKey({ ...request, certificate: true })).to.deep.equal({ status: 200, text: '/wD+QQ==' });
      expect(await failureOf(request)).to.equal('Error');
    } finally {
      plain.closeAllConnections();
      plain.close();
    }
  });

  it('is given up where the server is cut off, silent or slow', async () => {
    expect(await failureOf(requestTo(server, '/cut'))).to.equal('UND_ERR_SOCKET');
    expect(await failureOf(requestTo(server, '/silent'), 100)).to.match(/TimeoutError|23/);
    expect(await failureOf(requestTo(server, '/slow'), 100)).to.match(/TimeoutError|23/);
  });
});

const loopback = { address: '127.0.0.1', family: 4 };
