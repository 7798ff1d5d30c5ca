import { expect } from 'chai';
import { Connections } from '../../../../src/server/http/connections.js';
import { fitConnections, readOpenFilesLimit } from '../../../../src/server/http/open-files.js';
import { type Listening, listen } from '../../../../src/server/http/server.js';
import { createLog } from '../../../../src/server/telemetry/log.js';
import { RawConnection } from '../../../support/raw-http.js';

describe('the connections of the public server', () => {
  let lines: string[];
  let server: Listening;
  let connections: Connections;
  let opened: RawConnection[];

  beforeEach(async () => {
    lines = [];
    opened = [];
    connections = new Connections({ connections: 5, connectionsPerAddress: 3 }, () => false);
    const log = createLog('info', { write: (line: string) => void lines.push(line) });
    server = await listen((_, response) => response.end('ok'), { host: '127.0.0.1', port: 0 }, log, { connections });
  });
  afterEach(async () => {
    for (const each of opened) each.cut();
    await server.close(0);
  });

  function open(from: string): RawConnection {
    const connection = new RawConnection(server.url, from);
    opened.push(connection);
    return connection;
  }

  async function serves(from: string): Promise<boolean> {
    const connection = open(from).write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    return (await connection.answer()).status === 200;
  }

  async function take(from: string, count: number): Promise<void> {
    for (let n = 0; n < count; n++) expect(await serves(from)).to.equal(true);
  }

  it('are so many of one address, and no more: the next gets 503 and is closed at once', async () => {
    await take('127.0.0.2', 3);
    const refused = open('127.0.0.2');
    expect(await refused.closed()).to.match(/^HTTP\/1.1 503 [\s\S]*Connection: close/);
    await take('127.0.0.3', 2);
    const [line] = lines.map((each) => JSON.parse(each));
    expect(line).to.deep.include({
      level: 'warn',
      msg: 'connection refused',
      reason: 'server.limits.connectionsPerAddress',
      client: '127.0.0.2',
    });
    expect(connections.refused).to.deep.equal({ connections: 0, connectionsPerAddress: 1, unprovenPerAddress: 0 });
  });

  it('are so many in all', async () => {
    await take('127.0.0.2', 3);
    await take('127.0.0.3', 2);
    expect(await open('127.0.0.3').closed()).to.match(/ 503 /);
    expect([connections.open, connections.refused.connections]).to.deep.equal([5, 1]);
  });

  it('make room for a sender that has fewer: the oldest of the one that has most is closed', async () => {
    await take('127.0.0.2', 3);
    await take('127.0.0.3', 2);
    await take('127.0.0.4', 1);
    await opened[0]?.closed();
    expect(await open('127.0.0.4').closed()).to.match(/ 503 /);
    expect([connections.open, connections.refused.connections]).to.deep.equal([5, 2]);
    expect(lines.map((line) => JSON.parse(line).client)).to.deep.equal(['127.0.0.2']);
  });

  it('make room when they close', async () => {
    await take('127.0.0.2', 3);
    opened[0]?.end();
    while (connections.open === 3) await new Promise(setImmediate);
    await take('127.0.0.2', 1);
  });

  it('are of many clients where a trusted proxy has them', async () => {
    connections.trusts = (address) => address === '127.0.0.2';
    await take('127.0.0.2', 5);
  });

  it('are a line in the log when that begins, not one each', async () => {
    await take('127.0.0.2', 3);
    for (let n = 0; n < 20; n++) await open('127.0.0.2').closed();
    expect(lines).to.have.length(1);
  });

  it('leave descriptors to the rest of the process', () => {
    expect(fitConnections(8192, 20_000)).to.equal(8192);
    expect(fitConnections(8192, 1_024)).to.equal(768);
    expect(fitConnections(8192, 200)).to.equal(136);
    expect(fitConnections(8192, 10)).to.equal(1);
    expect(fitConnections(8192, undefined)).to.equal(8192);
    if (process.platform === 'linux') expect(readOpenFilesLimit()).to.be.above(0);
  });
});
