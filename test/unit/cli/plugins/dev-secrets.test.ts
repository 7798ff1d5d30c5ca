import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeDevSecrets } from '../../../../src/cli/dev/secrets.js';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';

describe('secrets for development', () => {
  let root: string;
  let config: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'gateway-dev-secrets-'));
    mkdirSync(join(root, 'config'));
    config = join(root, 'config/dev.yaml');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const endpoints = `
  - { provider: stripe, path: /s, secrets: [{ name: dev, file: ../data/stripe }] }
  - { provider: telnyx, path: /t, secrets: [{ name: dev, file: ../data/telnyx }] }
  - { provider: chargebee, path: /c, secrets: [{ name: dev, file: ../data/chargebee }] }
  - { provider: meta, path: /m, secrets: [{ name: app_secret, file: ../data/meta }] }
  - { provider: wechat_pay_v3, path: /w, secrets: [{ name: api_v3_key, file: ../data/wechat }] }
  - { provider: nobody, path: /n, secrets: [{ name: dev, file: ../data/nobody }] }
`;

  it('are of the kind that each plugin takes, and stay as they are', async () => {
    writeFileSync(config, `version: 1\nplugins: ${ownPlugins}\nembedded: { dir: ../data }\nendpoints:${endpoints}`);
    expect(await makeDevSecrets(config)).to.have.length(6);
    const texts = ['stripe', 'telnyx', 'chargebee', 'meta', 'nobody'].map((name) =>
      readFileSync(join(root, 'data', name), 'utf8'),
    );
    expect(texts[0]).to.match(/^[0-9a-f]{64}\n$/);
    expect(texts[1]).to.match(/^-----BEGIN PRIVATE KEY-----/);
    expect(texts[2]).to.match(/^gateway:[0-9a-f]{64}\n$/);
    // Its examples are encrypted.
    expect(readFileSync(join(root, 'data/wechat'), 'utf8')).to.have.length(33);
    expect(new Set(texts).size).to.equal(5);
    expect(statSync(join(root, 'data/stripe')).mode & 0o777).to.equal(0o600);
    expect(await makeDevSecrets(config)).to.deep.equal([]);
  });

  it('are not made beside Kafka', async () => {
    writeFileSync(config, `version: 1\nkafka: { brokers: k:9092 }\nendpoints:${endpoints}`);
    expect(await makeDevSecrets(config)).to.deep.equal([]);
  });
});
