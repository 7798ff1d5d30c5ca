import { expect } from 'chai';
import Stripe from 'stripe';
import { deliveryOf, now, requestOf, schemeOf, secretOf, secretTexts } from './support.js';

describe('the official stripe package', () => {
  const scheme = schemeOf('stripe');
  const secret = secretTexts.stripe;
  const payload = JSON.stringify({ id: 'evt_1', object: 'event', text: 'für 10 €\u2028' }, null, 2);

  it('signs what we accept', () => {
    const timestamp = Math.floor(now / 1000);
    const header = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
    const proof = scheme.verify(deliveryOf(payload, { 'stripe-signature': header }), [secretOf(scheme, secret)], now);
    expect(proof).to.deep.equal({ secret: 'current', signedAt: timestamp * 1000 });
  });

  it('accepts what we sign', () => {
    const { headers, body } = scheme.sign(requestOf(payload), scheme.key(secret), now);
    const header = headers['stripe-signature'] ?? '';
    const event = Stripe.webhooks.constructEvent(body, header, secret, 300, undefined, now);
    expect(event.id).to.equal('evt_1');
  });

  it('refuses what we sign with another secret', () => {
    const { headers, body } = scheme.sign(requestOf(payload), scheme.key(`${secret}x`), now);
    const construct = () =>
      Stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', secret, 300, undefined, now);
    expect(construct).to.throw(/signature/);
  });
});
