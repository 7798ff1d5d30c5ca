import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { describeDelivery, describeRefusal } from '../../../src/cli/dev/lines.js';
import { Rejection } from '../../../src/core/rejection.js';
import { accepted, acme, delivery, outcome } from '../inspector/support.js';

const now = Date.UTC(2026, 0, 2);
const webhook = delivery({ receivedAt: now - 5 });
const taken = outcome({ accepted: [accepted({ id: `evt_${'1'.repeat(24)}`, type: 'payment_intent.created' })] });
const unproven = outcome({
  accepted: [],
  rejected: [new Rejection('signature_mismatch', { detail: 'the secret "current" was replaced '.repeat(4).trim() })],
  letter: { topic: 'webhooks.dlq', partition: 0, offset: 1n },
});

describe('the lines of gateway dev', () => {
  it('are one for a webhook where there is room', () => {
    const [line = '', ...more] = describeDelivery(acme, webhook, taken, { now, paint: false });
    expect(line).to.match(/^..:..:.. {2}200 {2}acme {2}payment_intent\.created {2}evt_1+ → webhooks\.acme {2}5 ms$/);
    expect(more).to.deep.equal([]);
  });

  it('fit the terminal, in colours, too, and lose nothing', () => {
    for (const width of [80, 100, 200]) {
      for (const [what, end] of [taken, unproven].entries()) {
        const whole = describeDelivery(acme, webhook, end, { now, paint: false }).join(' ');
        const lines = describeDelivery(acme, webhook, end, { now, paint: true, width }).map(stripVTControlCharacters);
        expect(Math.max(...lines.map(({ length }) => length)), `${what} at ${width}`).to.be.at.most(width);
        expect(lines.join(' ').replace(/ +/g, ' ')).to.equal(whole.replace(/ +/g, ' '));
        for (const line of lines.slice(1)) expect(line).to.match(/^ {10}/);
      }
    }
  });

  it('name the path that was meant', () => {
    const view = { now, paint: false, width: 80, paths: ['/webhooks/stripe', '/webhooks/adyen'] };
    const hintFor = (path: string) =>
      describeRefusal(new Rejection('path_unknown'), { method: 'POST', path }, view).at(-1)?.trim();
    expect(hintFor('/webhook/stripe')).to.equal('did you mean /webhooks/stripe?');
    expect(hintFor('/hooks/v1/adyen')).to.equal('did you mean /webhooks/adyen?');
    expect(hintFor('/webhooks')).to.equal('did you mean /webhooks/stripe?');
    expect(hintFor('/')).to.equal('there are: /webhooks/stripe, /webhooks/adyen');
  });
});
