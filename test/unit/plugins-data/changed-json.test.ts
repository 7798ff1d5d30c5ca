import { expect } from 'chai';
import fc from 'fast-check';
import { listExamples } from '../../../src/config/plugins/examples.js';
import type { Endpoint } from '../../../src/core/model.js';
import { handle } from '../../../src/core/pipeline.js';
import { Rejection } from '../../../src/core/rejection.js';
import { noDedupe } from '../../../src/storage/dedupe/open.js';
import { freshen } from '../../../src/testing/simulator/freshen.js';
import { makeRequest } from '../../../src/testing/simulator/request.js';
import { memoryPublisher } from '../../support/memory-publisher.js';
import { deliveryOf, now } from '../signature/support.js';
import { endpointOf, plainSecret, url } from './endpoint.js';

/** Plugin → its secret, and where the values are that it signs. */
const providers: { readonly [plugin: string]: { readonly secret?: string; readonly signed: readonly string[] } } = {
  midtrans: { signed: ['order_id', 'status_code', 'gross_amount', 'signature_key'] },
  mailgun: { signed: ['signature.timestamp', 'signature.token', 'signature.signature'] },
  phonepe: { signed: ['response'] },
  noon: { signed: ['orderId', 'orderStatus', 'eventId', 'eventType', 'timeStamp'] },
  adyen: {
    secret: 'ab'.repeat(32),
    signed: ['pspReference', 'originalReference', 'merchantReference', 'amount.value', 'eventCode', 'success'].map(
      (name) => `notificationItems.0.NotificationRequestItem.${name}`,
    ),
  },
};

/** What a stranger may do to a text: put something in, take something out, say something again. */
const pieces = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\n',
  '0',
  'x',
  'null',
  '"x":1,',
  '"x":[}],',
  '{"x":',
  '\\u0061',
  '\u0000',
  '/**/',
];
const change = fc.record({
  at: fc.nat(),
  length: fc.nat({ max: 12 }),
  from: fc.nat(),
  piece: fc.constantFrom('', ...pieces),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function apply(text: string, { at, length, from, piece }: Change): string {
  const place = at % (text.length + 1);
  // With a piece it is put in; else a part of the text is taken out, or stands there again.
  if (piece !== '') return text.slice(0, place) + piece + text.slice(place);
  const part = from % 2 === 0 ? '' : text.slice(from % text.length, (from % text.length) + length);
  return text.slice(0, place) + part + text.slice(place + (part === '' ? length : 0));
}

/** The values at the paths, or undefined for what is not JSON. */
function read(text: string, paths: readonly string[]): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return paths.map((path) => path.split('.').reduce(member, value));
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

describe('JSON that is changed after it was signed', () => {
  for (const [name, { secret = plainSecret, signed }] of Object.entries(providers)) {
    it(`${name}: gives no event unless it is JSON that says the same where it is signed`, async () => {
      const endpoint = await endpointOf(name, { '': secret });
      const [example] = await listExamples(endpoint.provider.folder);
      const request = makeRequest(
        url,
        freshen(example ?? expect.fail(), example?.fresh ?? {}, endpoint.provider.items, now, () => 0),
      );
      const { body, headers } = endpoint.provider.scheme.sign(request, endpoint.secrets[0]?.key ?? expect.fail(), now);
      const text = body.toString();
      expect(await events(endpoint, text, headers)).to.equal(1);
      const wanted = read(text, signed);
      expect(wanted).to.not.equal(undefined);
      const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const changed = changes.reduce(apply, text);
        if ((await events(endpoint, changed, headers)) === 0) return;
        expect(read(changed, signed), changed).to.deep.equal(wanted);
      });
      await fc.assert(property, { numRuns: 400 });
    });
  }
});

/** How many events are published. */
async function events(endpoint: Endpoint, text: string, headers: { readonly [name: string]: string }): Promise<number> {
  const ports = {
    publisher: memoryPublisher(),
    dedupe: noDedupe,
    deadLetterTopic: 'webhooks.dlq',
    now: () => now,
    mayKeepUnverified: () => false,
  };
  try {
    return (await handle(endpoint, deliveryOf(text, headers), ports)).accepted.length;
  } catch (error) {
    if (error instanceof Rejection) return 0;
    throw error;
  }
}
