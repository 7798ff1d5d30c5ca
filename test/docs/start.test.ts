import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Cli, makeDirectory } from '../e2e/cli.js';
import { fences } from './markdown.js';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

function commandsOf(page: string): readonly string[] {
  const text = readFileSync(join(docs, page), 'utf8');
  return fences(text).flatMap((fence) => (fence.language === 'sh' ? fence.text.trim().split('\n') : []));
}

const own = 'npx webhook-gateway ';

describe('docs/start.md', () => {
  const directory = makeDirectory({});
  let dev: Cli | undefined;

  async function stop(): Promise<void> {
    dev?.kill('SIGTERM');
    await dev?.ended();
    dev = undefined;
  }
  after(async () => {
    await stop();
    directory.remove();
  });

  for (const command of commandsOf('start.md')) {
    const args = command.slice(own.length).split(' ');
    // The package test installs the package; here neither Docker nor Kafka is needed.
    if (!command.startsWith(own) || args[0] === 'start') continue;
    it(command, async () => {
      if (args[0] === 'init') await stop();
      if (args[0] !== 'dev') {
        const { code, stderr } = await new Cli(directory.path, args).ended();
        expect(code, stderr).to.equal(0);
        return;
      }
      dev = new Cli(directory.path, [...args, '--port', '0']);
      await dev.says(/npx webhook-gateway simulate send --type \S+/);
    });
  }

  it('has commands of ours, or of npm and Docker', () => {
    const others = commandsOf('start.md').filter((command) => !command.startsWith(own));
    expect(others).to.deep.equal(['npm install ../webhook-gateway/webhook-gateway-0.1.0.tgz', 'docker compose up -d']);
    const { version } = JSON.parse(readFileSync(join(docs, '../package.json'), 'utf8'));
    expect(others[0]).to.include(`-${version}.tgz`);
  });

  it('shows lines as gateway dev prints them', () => {
    const shown = fences(readFileSync(join(docs, 'start.md'), 'utf8')).filter(({ language }) => language === 'text');
    expect(shown.map(({ text }) => text.replace(/evt_\d+|\b[0-9a-f-]{36}\b/g, 'ID'))).to.deep.equal([
      '12:00:00  200  stripe  charge.refunded  ID → webhooks.stripe.charge  4 ms\n',
      '12:00:01  401  stripe  signature_mismatch: no active secret gives this signature  3 ms\n          why: npx webhook-gateway explain ID\n',
    ]);
  });
});

describe('docs/local-development.md', () => {
  it('has flags that gateway dev has', () => {
    const manifest = JSON.parse(readFileSync(join(docs, '../oclif.manifest.json'), 'utf8'));
    const { flags } = manifest.commands.dev;
    const given = commandsOf('local-development.md').filter((command) => command.startsWith(`${own}dev`));
    expect(given).to.have.length(4);
    for (const command of given) {
      for (const [, name = ''] of command.matchAll(/--([a-z-]+)/g)) expect(flags, command).to.have.property(name);
    }
    expect(flags.tunnel.options).to.deep.equal(['cloudflared', 'ngrok', 'smee']);
  });

  it('names only pages that are there', () => {
    for (const page of ['start.md', 'local-development.md']) {
      const links = readFileSync(join(docs, page), 'utf8').matchAll(/\]\(([^)#:]+)\)/g);
      for (const [, path = ''] of links) expect(existsSync(join(docs, path)), path).to.equal(true);
    }
  });
});
