import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { PluginDeclaration } from '../../../../src/config/plugins/declaration.js';
import { listUnconfirmed } from '../../../../src/config/plugins/describe.js';
import { declarationOf, pluginNames, pluginsFolder } from '../../plugins-data/endpoints.js';

describe('what nobody has confirmed of a plugin', () => {
  let stripe: PluginDeclaration;

  before(async () => {
    stripe = await declarationOf('stripe');
  });

  it('is what no source is about', () => {
    const { sources: _none, unconfirmed: _neither, ...silent } = stripe;
    const answer = { status: 200, type: 'text/plain', body: 'ok' };
    expect(listUnconfirmed({ ...silent, answer }).map(({ about }) => about)).to.deep.equal([
      ['signature', 'answer', 'eventTypes'],
      ['id', 'retries'],
    ]);
    expect(stripe.dedupe?.by).to.equal('id');
  });

  it('is not the id where only the same bytes are a repetition', () => {
    const { sources: _none, dedupe: _default, ...silent } = stripe;
    expect(listUnconfirmed(silent).flatMap(({ about }) => about)).to.not.include('id');
  });

  it('is what the plugin itself names', () => {
    const unconfirmed = [{ about: ['retries'], why: 'Whether a retry has the same id.' }];
    expect(listUnconfirmed({ ...stripe, unconfirmed })).to.deep.equal(unconfirmed);
  });

  it('is nothing of Stripe', () => {
    expect(listUnconfirmed(stripe)).to.deep.equal([]);
  });

  it('is named, of every plugin that comes with the gateway, in its declaration and not in its README', async () => {
    for (const name of pluginNames) {
      const unexplained = listUnconfirmed(await declarationOf(name)).filter(
        ({ why }) => why === 'No source is about it.',
      );
      expect(unexplained, name).to.deep.equal([]);
      const [written] = readFileSync(new URL(`${name}/README.md`, pluginsFolder), 'utf8').split('<!-- declared');
      expect(written, name).to.not.match(/not verified/i);
    }
  });
});
