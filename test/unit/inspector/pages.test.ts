import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { addPages } from '../../../src/inspector/pages.js';
import { Koa, Router } from '../../../src/server/http/koa.js';
import { type Listening, listen } from '../../../src/server/http/server.js';
import { createLog } from '../../../src/server/telemetry/log.js';

describe('the pages of the inspector', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'));
  const log = createLog('error', { write: () => undefined });
  const opened: Listening[] = [];

  before(() => {
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Inspector</title>');
    writeFileSync(join(folder, 'main-1a2b3c4d.js'), '"use strict";');
    writeFileSync(join(folder, 'secrets.txt'), 'not a page');
  });
  after(async () => {
    for (const server of opened) await server.close(0);
    rmSync(folder, { recursive: true });
  });

  async function serve(pages: string): Promise<string> {
    const router = new Router();
    addPages(router, pages);
    const app = new Koa();
    app.use(router.routes());
    const server = await listen(app.callback(), { host: '127.0.0.1', port: 0 }, log);
    opened.push(server);
    return server.url;
  }

  it('are one, wherever below /inspector/ somebody is, and nothing may be put into it', async () => {
    const url = await serve(folder);
    for (const path of ['/', '/inspector', '/inspector/', '/inspector/deliveries/abc', '/inspector/config?x=1']) {
      const answer = await fetch(url + path);
      expect(await answer.text(), path).to.include('<title>Inspector');
      expect(answer.headers.get('cache-control')).to.equal('no-cache');
      expect(answer.headers.get('content-security-policy')).to.equal(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(answer.headers.get('x-content-type-options')).to.equal('nosniff');
      expect(answer.headers.get('referrer-policy')).to.equal('no-referrer');
      expect(answer.headers.get('cross-origin-opener-policy')).to.equal('same-origin');
    }
  });

  it('have files that are kept for a year, and no others', async () => {
    const url = await serve(folder);
    const script = await fetch(`${url}/inspector/assets/main-1a2b3c4d.js`);
    expect(script.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
    expect(script.headers.get('content-type')).to.include('text/javascript');
    expect(await script.text()).to.equal('"use strict";');
    for (const name of ['secrets.txt', 'index.html', 'gone.js', '..%2fpackage.json'])
      expect((await fetch(`${url}/inspector/assets/${name}`)).headers.get('content-type'), name).to.not.include(
        'text/plain',
      );
    expect((await fetch(`${url}/inspector/assets/secrets.txt`)).status).to.equal(404);
    expect((await fetch(`${url}/inspector/assets/..%2fpackage.json`)).status).to.equal(404);
  });

  it('say what to do where they are not built', async () => {
    const url = await serve(join(folder, 'nowhere'));
    const answer = await fetch(`${url}/inspector/`);
    expect([answer.status, await answer.text()]).to.deep.equal([
      404,
      '{"error":"the pages of the inspector are not built: npm run build makes them","reason":"not_found"}',
    ]);
  });
});
