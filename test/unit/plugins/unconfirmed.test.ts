import { expect } from 'chai';
import type { PluginDeclaration } from '../../../src/plugins/declaration.js';
import { listUnconfirmed } from '../../../src/plugins/unconfirmed.js';
import { declarationOf } from '../plugins-data/endpoints.js';

describe('what nobody has confirmed of a plugin', () => {
  let stripe: PluginDeclaration;

  before(async () => {
    stripe = await declarationOf('stripe');
  });

  it('is what no source is about', () => {
    const { sources: _none, unconfirmed: _neither, ...silent } = stripe;
    expect(listUnconfirmed({ ...silent, answer: { status: 200, type: 'text/plain', body: 'ok' } })).to.deep.equal([
      { about: ['signature', 'id', 'retries', 'answer', 'eventTypes'], why: 'No source is about it.' },
    ]);
  });

  it('is what the plugin itself names', () => {
    const unconfirmed = [{ about: ['retries'], why: 'Whether a retry has the same id.' }];
    expect(listUnconfirmed({ ...stripe, unconfirmed })).to.deep.include(unconfirmed[0]);
  });

  it('is nothing of Stripe', () => {
    expect(listUnconfirmed(stripe)).to.deep.equal([]);
  });
});
