import { expect } from 'chai';
import { listExamples } from '../../../src/config/plugins/examples.js';
import type { SchemeDeclaration } from '../../../src/signature/declaration.js';
import { schemesOf } from '../../../src/signature/declared-schemes.js';
import { now, rejectionOf } from '../signature/support.js';
import { declarationOf, loadEndpoint, pluginNames, proven, requestOf, signed, signingSecret } from './endpoints.js';

const day = 86_400_000;
/** Signed times whose age can't be told, and why. */
const untold: { readonly [plugin: string]: string } = {
  bluesnap: 'nothing says what form the time has',
  klaviyo: 'the time of deliveries that are known is hours off',
  noon: 'the time has no time zone',
  nuvei: 'the time has no time zone',
  fiuu: 'the time has no time zone',
  nmi: 'what is named t is not a time',
  metronome: 'nothing says what form the time has',
};

/** True where a time stands among what is signed, other than in the body as a whole. */
function signsTime({ content, contentAny, jwt }: SchemeDeclaration): boolean {
  const text = JSON.stringify([content, contentAny]);
  return /\{[^}]*(time|date|\.t\})/i.test(text) || jwt?.required?.includes('iat') === true;
}

function checksAge({ timestamp, jwt }: SchemeDeclaration): boolean {
  return timestamp !== undefined || jwt?.maxAge !== undefined;
}

describe('old deliveries', () => {
  for (const name of pluginNames) {
    it(`${name}: a time that is signed is checked`, async () => {
      const schemes = schemesOf((await declarationOf(name)).signature).filter(signsTime);
      expect(schemes.every(checksAge)).to.equal(!(name in untold));
    });
  }

  for (const name of [
    'cashfree',
    'mailgun',
    'sanity',
    'zoom',
    'dropbox_sign',
    'vonage',
    'sendgrid',
    'paypal',
    'aws_sns',
  ]) {
    it(`${name}: is stale after five days`, async () => {
      const endpoint = await loadEndpoint(name);
      const [example] = await listExamples(endpoint.provider.folder);
      const secret = signingSecret(endpoint);
      if (secret === undefined) {
        // Only the provider can sign: what is declared has to do.
        expect(schemesOf((await declarationOf(name)).signature).every(checksAge)).to.equal(true);
        return;
      }
      const request = signed(endpoint, requestOf(endpoint, example ?? expect.fail()));
      expect(rejectionOf(() => proven(endpoint, request, now))).to.equal('verified');
      expect(rejectionOf(() => proven(endpoint, request, now + 5 * day))).to.equal('timestamp_stale');
    });
  }
});
