import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import Stripe from 'stripe';
import { fences } from './markdown.js';

const root = join(import.meta.dirname, '../..');
const [example] = fences(readFileSync(join(root, 'docs/library.md'), 'utf8')).filter(
  ({ language }) => language === 'js',
);
const run = promisify(execFile);

describe('docs/library.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'library-'));
  before(() => {
    mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules/webhook-gateway'));
    symlinkSync(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
    symlinkSync(join(root, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('runs, takes what Stripe has signed, and refuses the rest', async () => {
    const secret = 'whsec_ZG9jcw';
    writeFileSync(join(folder, 'server.mjs'), example?.text ?? '');
    const server = spawn(process.execPath, ['server.mjs'], {
      cwd: folder,
      env: { ...process.env, STRIPE_WEBHOOK_SECRET: secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
      const [port] = /\d+/.exec(String(line)) ?? [];
      const payload = '{"id":"evt_1","object":"event","type":"charge.refunded"}';
      const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
      async function post(body: string): Promise<readonly [number, string]> {
        const headers = { 'stripe-signature': signature };
        const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
        return [answer.status, await answer.text()];
      }
      expect(await post(payload)).to.deep.equal([200, '']);
      expect(await post(`${payload} `)).to.deep.equal([401, 'signature_mismatch']);
    } finally {
      server.kill();
      await once(server, 'close');
    }
  });

  it('imports without doing anything', async () => {
    const { stdout, stderr } = await run(
      process.execPath,
      ['--input-type=module', '-e', "await import('webhook-gateway');"],
      {
        cwd: folder,
      },
    );
    expect(stdout + stderr).to.equal('');
  });

  it('has types', async () => {
    const text = `import { loadPlugin, type Proof, Rejection, verify } from 'webhook-gateway';
const proof: Proof = await verify(await loadPlugin('stripe'), { headers: {}, body: Buffer.of() }, { secrets: 'x' });
const time: number | undefined = proof.signedAt;
// @ts-expect-error a request has a body
await verify(await loadPlugin('stripe'), { headers: {} });
export const code = new Rejection('signature_mismatch').code === 'signature_mismatch' ? time : undefined;
`;
    writeFileSync(join(folder, 'typed.ts'), text);
    const strict = [
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--skipLibCheck',
      '--types',
      'node',
    ];
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...strict, 'typed.ts'], {
      cwd: folder,
    });
  });
});
