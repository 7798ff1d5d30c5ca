import { expect } from 'chai';
import type { OutgoingRequest } from '../../../src/core/model.js';
import { verify } from '../../../src/core/stages/verify.js';
import { makeRequest, signRequest } from '../../../src/testing/simulator/request.js';
import { now } from '../signature/support.js';
import { deliveryOfCase, endpointOf, url } from './endpoint.js';
import { recordsOf } from './endpoints.js';

describe('plugins/github', () => {
  const event = {
    action: 'opened',
    issue: { number: 1, title: 'Spelling & more', updated_at: '2019-05-15T15:20:18Z' },
    repository: { id: 186853002, full_name: 'Codertocat/Hello-World' },
  };

  async function recordOf(request: OutgoingRequest) {
    const endpoint = await endpointOf('github', undefined);
    const [secret = expect.fail()] = endpoint.secrets;
    const { headers, body } = signRequest(endpoint, secret, request, now);
    const delivery = verify(endpoint, deliveryOfCase({ headers, body: body.toString() }), now);
    const [record = expect.fail()] = await recordsOf(endpoint, delivery, now);
    return record;
  }

  it('reads the same of an event that is sent as a form, and publishes the form as it came', async () => {
    const names = { 'x-github-event': 'issues', 'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958' };
    const asJson = await recordOf(makeRequest(url, { headers: names, payload: event }));
    const form = { ...names, 'content-type': 'application/x-www-form-urlencoded' };
    const asForm = await recordOf(makeRequest(url, { headers: form, payload: { payload: JSON.stringify(event) } }));
    for (const fact of ['ce_id', 'ce_type', 'ce_time', 'ce_subject']) {
      expect(asForm.headers[fact], fact).to.equal(asJson.headers[fact]).and.to.be.a('string');
    }
    expect(asForm.value.toString()).to.match(/^payload=%7B/);
  });
});
