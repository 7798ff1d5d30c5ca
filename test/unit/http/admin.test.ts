import { expect } from 'chai';
import { createAdminApp } from '../../../src/http/admin.js';
import { type Listening, listen } from '../../../src/http/server.js';
import { createLog } from '../../../src/telemetry/log.js';
import { RawConnection } from '../../support/raw-http.js';

describe('the admin side and what is no URL', () => {
  const lines: string[] = [];
  let server: Listening;

  before(async () => {
    const log = createLog('debug', { write: (line: string) => void lines.push(line) });
    const app = createAdminApp({ log, unready: () => undefined, setLevel: () => undefined });
    server = await listen(app.callback(), { host: '127.0.0.1', port: 0 }, log);
  });
  after(() => server.close(0));

  for (const target of ['http://[', 'http://]', 'foo://[/', 'http://xn--/']) {
    it(`answers 404 to ${target}`, async () => {
      const connection = new RawConnection(server.url).write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect((await connection.answer()).status).to.equal(404);
      connection.end();
      expect(lines).to.deep.equal([]);
    });
  }

  it('takes a whole URL, as a proxy sends it', async () => {
    const connection = new RawConnection(server.url).write('GET http://x/health HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await connection.answer()).status).to.equal(200);
    connection.end();
  });
});
