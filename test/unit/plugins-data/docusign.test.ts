import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { verify } from '../../../src/core/stages/verify.js';
import { now, rejectionOf } from '../signature/support.js';
import { deliveryOfCase, endpointOf, plainBody, plainSecret } from './endpoint.js';

describe('plugins/docusign: signatures of an account with many keys', () => {
  const signature = createHmac('sha256', plainSecret).update(plainBody).digest('base64');
  const others = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [
      `x-docusign-signature-${index + 1}`,
      createHmac('sha256', `key ${index}`).update(plainBody).digest('base64'),
    ]),
  );

  for (const place of [1, 6, 20]) {
    it(`are read in header ${place}`, async () => {
      const headers = { ...others, [`x-docusign-signature-${place}`]: signature };
      expect(verify(await endpointOf('docusign', undefined), deliveryOfCase({ headers }), now).proof.secret).to.equal(
        'current',
      );
    });
  }

  it('do not count where none is of the key', async () => {
    const endpoint = await endpointOf('docusign', undefined);
    expect(rejectionOf(() => verify(endpoint, deliveryOfCase({ headers: others }), now))).to.equal(
      'signature_mismatch',
    );
  });
});
