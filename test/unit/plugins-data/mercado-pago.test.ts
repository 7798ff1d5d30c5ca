import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { verify } from '../../../src/core/stages/verify.js';
import { now, rejectionOf } from '../signature/support.js';
import { deliveryOfCase, endpointOf, plainSecret } from './endpoint.js';

describe('plugins/mercado_pago', () => {
  async function outcome(signedId: string): Promise<string> {
    const ts = String(now);
    const manifest = `id:${signedId};request-id:r-1;ts:${ts};`;
    const digest = createHmac('sha256', plainSecret).update(manifest).digest('hex');
    const endpoint = await endpointOf('mercado_pago', undefined);
    const delivery = deliveryOfCase({
      headers: { 'x-request-id': 'r-1', 'x-signature': `ts=${ts},v1=${digest}` },
      query: '?data.id=ORD01JYHTJA9M4&type=order',
    });
    return rejectionOf(() => verify(endpoint, delivery, now));
  }

  it('takes an id that is signed as it is sent, or in lower case', async () => {
    expect(await outcome('ORD01JYHTJA9M4')).to.equal('verified');
    expect(await outcome('ord01jyhtja9m4')).to.equal('verified');
    expect(await outcome('ord01jyhtja9m5')).to.equal('signature_mismatch');
  });
});
