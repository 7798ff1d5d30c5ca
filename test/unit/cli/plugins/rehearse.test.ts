import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import { openPlugin, type SoundPlugin } from '../../../../src/config/plugins/catalogue.js';
import type { Check, Rehearsal } from '../../../../src/testing/plugins/checks.js';
import { testPlugin } from '../../../../src/testing/plugins/test-plugin.js';

const now = 1_700_000_000_123;

async function open(name: string, root = ownPlugins): Promise<SoundPlugin> {
  const { sound, diagnostics } = await openPlugin(name, join(root, name));
  if (sound === undefined) throw new Error(JSON.stringify(diagnostics));
  return sound;
}

function triedWith({ checks }: Rehearsal, example: string): readonly string[] {
  return checks.filter((check) => check.example === example).map(({ what, outcome }) => `${what}: ${outcome}`);
}

describe('the rehearsal of a plugin', () => {
  it('tries what Stripe must notice', async () => {
    const rehearsal = await testPlugin(await open('stripe'), now);
    expect(triedWith(rehearsal, 'charge.refunded')).to.deep.equal([
      'replayed: passed',
      'not signed: passed',
      'a byte of the body changed: passed',
      'header stripe-signature missing: passed',
      'stale: passed',
      'signed in the future: passed',
      'signed with another secret: passed',
      'signed with the second of two active secrets: passed',
      'signed with the first of two active secrets: passed',
      'a good signature after a foreign one: passed',
    ]);
    expect(rehearsal.notes).to.deep.equal([]);
    const { topic, key } = rehearsal.examples.find(({ type }) => type === 'charge.refunded') ?? {};
    expect(topic).to.equal('webhooks.stripe.charge');
    expect(key).to.match(/^ch_/);
  });

  it('says what is not bound, and tries other algorithms where there is a switch', async () => {
    expect((await testPlugin(await open('adyen'), now)).notes).to.include('of the body only some fields are signed');
    const paypal = await testPlugin(await open('paypal'), now);
    expect(paypal.notes).to.include('the body is not signed');
    expect(paypal.checks.map(({ what }) => what)).to.include('algorithm "none" instead');
    // RSA keys are made.
  }).timeout(30_000);

  describe('of an operator', () => {
    let root: string;
    let folder: string;

    beforeEach(() => {
      root = mkdtempSync(join(tmpdir(), 'gateway-rehearsal-'));
      folder = join(root, 'square');
      cpSync(join(ownPlugins, 'square'), folder, { recursive: true });
    });
    afterEach(() => rmSync(root, { recursive: true }));

    function edit(file: string, change: (text: string) => string): void {
      writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')));
    }

    async function failures(): Promise<readonly Check[]> {
      const { checks } = await testPlugin(await open('square', root), now);
      return checks.filter(({ outcome }) => outcome === 'failed');
    }

    it('fails where an example has another type than its file says', async () => {
      edit('plugin.yaml', (text) => text.replace(/^ {2}type: .*$/m, '  type: "\'other\'"'));
      const [first] = await failures();
      expect(first).to.deep.include({ what: 'replayed', got: '"other"' });
      expect(first?.expected).to.match(/^type ".+", as the file is named$/);
      expect(first?.see).to.match(/^square\/plugin\.yaml:\d+ \/event\/type$/);
    });

    it('fails with the place in the payload that the schema refuses', async () => {
      const { declaration } = await open('square', root);
      edit(declaration.schemas[0]?.schema ?? '', (text) => text.replace('"required": [', '"required": [ "nowhere",'));
      const [first] = await failures();
      expect(first?.expected).to.equal('validate lets it through');
      expect(first?.got).to.contain("must have required property 'nowhere'");
      expect(first?.see).to.match(/\/schemas$/);
    });

    it('fails where a rule does, and notes what else its rules do on the examples', async () => {
      edit('plugin.yaml', (text) =>
        text
          .replace(/^ {2}time: .*$/m, '  time: $fromMillis(type)')
          .replace(/^routes:\n/m, 'routes:\n  - { topic: a, key: data.nothing & "-" }\n'),
      );
      const rehearsal = await testPlugin(await open('square', root), now);
      const [check] = rehearsal.checks.filter(({ what }) => what === 'rules');
      expect(check).to.include({ outcome: 'failed', hint: 'such an event becomes a dead letter (event_unidentified)' });
      expect(check?.got).to.match(/^This rule fails on .*: a value is of the wrong type$/);
      expect(check?.see).to.match(/^square\/plugin\.yaml:\d+:9$/);
      expect(rehearsal.notes.filter((note) => note.includes('[expr-part-missing]'))).to.have.lengthOf(1);
    });

    it('fails without examples, and says where they go', async () => {
      rmSync(join(folder, 'examples'), { recursive: true });
      edit('plugin.yaml', (text) => text.replace(/^examples:[\s\S]*$/m, ''));
      const [first] = await failures();
      expect(first).to.include({ what: 'examples', got: 'none: nothing can be tried' });
      expect(first?.hint).to.contain(join(folder, 'examples', 'EVENT_TYPE.json'));
    });
  });
});
