import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import zlib from 'node:zlib';
import { expect } from 'chai';
import { loadConfig } from '../../../src/config/load.js';
import { resolve } from '../../../src/config/resolved.js';
import type { GatewaySettings, KafkaSettings } from '../../../src/config/settings.js';

const environment = { SECRET: `whsec_${'x'.repeat(32)}`, CLIENT_SECRET: 'LEAK' };
const guid = '89791762-2336-4186-9674-299B90A802E2';

describe('kafka in a configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-kafka-config-'));
  before(() => symlinkSync(join(import.meta.dirname, '../../../plugins'), join(folder, 'plugins')));
  after(() => rmSync(folder, { recursive: true }));

  function load(kafka: string, more = '') {
    const file = join(folder, 'gateway.yaml');
    const endpoint = (name: string) =>
      `  - { name: ${name}, provider: stripe, path: /${name}, secrets: [{ name: current, env: SECRET }]`;
    const own = '{ events: [charge.refunded], topic: refunds }';
    writeFileSync(
      file,
      `version: 1
plugins: plugins
kafka: { brokers: "k:1", ${kafka} }
${more}
endpoints:
${endpoint('a')} }
${endpoint('b')} }
${endpoint('c')}, routes: [${own}] }
`,
    );
    return loadConfig(file, environment, 0);
  }

  async function take(kafka: string, more = ''): Promise<GatewaySettings & { readonly publisher: KafkaSettings }> {
    const { settings, diagnostics } = await load(kafka, more);
    if (settings?.publisher.kind !== 'kafka') throw new Error(JSON.stringify(diagnostics));
    return { ...settings, publisher: settings.publisher };
  }

  it('has a prefix before every topic: of plugins, of own routes, of dead letters', async () => {
    const plain = await take('');
    const { topics, deadLetter, endpoints } = await take('topicPrefix: prod.');
    expect(topics).to.deep.equal(plain.topics.map((topic) => `prod.${topic}`));
    expect(topics).to.include.members(['prod.refunds', 'prod.webhooks.stripe.charge']);
    expect(deadLetter.topic).to.equal('prod.webhooks.dlq');
    const [a, b, c] = endpoints;
    expect(c?.routes[0]?.topic).to.equal('prod.refunds');
    // What is found for an event type is remembered for each list of routes.
    expect(a?.routes).to.equal(b?.routes);
    expect(a?.routes.every(({ topic }) => topic.startsWith('prod.webhooks.'))).to.equal(true);
  });

  it('compares whole names with lint.topics', async () => {
    const { diagnostics } = await load('topicPrefix: prod.', 'lint: { topics: ["prod.*"] }');
    expect(diagnostics).to.deep.equal([]);
    const other = await load('topicPrefix: test.', 'lint: { topics: ["prod.*"] }');
    expect(new Set(other.diagnostics.map(({ rule }) => rule))).to.deep.equal(new Set(['route-unknown-topic']));
    expect(other.diagnostics[0]?.message).to.contain('"test.');
  });

  it('has schema ids for whole names', async () => {
    const { publisher } = await take(`topicPrefix: prod., schemaIds: { refunds: ${guid} }`);
    expect(publisher.schemaIds).to.deep.equal({ 'prod.refunds': guid.toLowerCase() });
  });

  it('has compression, as far as this Node.js has it', async () => {
    expect((await take('')).publisher.compression).to.equal(undefined);
    expect((await take('compression: none')).publisher.compression).to.equal(undefined);
    expect((await take('compression: gzip')).publisher.compression).to.equal('gzip');
    const { settings, diagnostics } = await load('compression: zstd');
    if ('zstdCompress' in zlib) expect(settings?.publisher).to.include({ compression: 'zstd' });
    else expect(diagnostics[0]?.message).to.match(/^This Node\.js \(v[\d.]+\) has no zstd: it needs 22\.15 or newer/);
  });

  it('has a login with tokens, and shows no secret of it', async () => {
    const file = await take('sasl: { mechanism: oauthbearer, tokenFile: kafka.token }');
    expect(file.publisher.sasl).to.deep.equal({
      mechanism: 'oauthbearer',
      token: { file: join(folder, 'kafka.token') },
      extensions: {},
    });
    const command = await take('sasl: { mechanism: oauthbearer, command: [print, token], extensions: { a: b } }');
    expect(command.publisher.sasl).to.deep.equal({
      mechanism: 'oauthbearer',
      token: { command: ['print', 'token'], dir: folder },
      extensions: { a: 'b' },
    });
    const client = await take(
      'sasl: { mechanism: oauthbearer, clientCredentials: { tokenUrl: "https://idp/t", clientId: me, clientSecret: { env: CLIENT_SECRET } } }',
    );
    for (const each of [file, command, client]) {
      const shown = JSON.stringify(resolve(each));
      expect(shown).to.contain('"mechanism":"oauthbearer"');
      expect(shown + inspect(each, { depth: 9 })).not.to.contain('LEAK');
    }
    const { sasl } = client.publisher;
    const token = sasl?.mechanism === 'oauthbearer' && 'client' in sasl.token ? sasl.token.client : undefined;
    expect(token?.clientSecret.reveal()).to.equal('LEAK');
  });
});
