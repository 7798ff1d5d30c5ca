import { expect } from 'chai';
import { decode } from '../../../src/core/stages/items.js';
import { verify } from '../../../src/core/stages/verify.js';
import { now, rejectionOf } from '../signature/support.js';
import { deliveryOfCase, endpointOf, plainBody } from './endpoint.js';
import { generalCases, hmac, message, rsaKey, snsMessage } from './general-cases.js';

describe('plugins of general providers, held against their scheme written out', () => {
  for (const [plugin, signed] of generalCases) {
    it(plugin, async () => {
      const endpoint = await endpointOf(plugin, signed.secrets, signed.params);
      expect(rejectionOf(() => verify(endpoint, deliveryOfCase(signed), now))).to.equal('verified');
      if (endpoint.provider.scheme.binds === 'body') {
        const other = { ...signed, body: `${signed.body ?? plainBody}1` };
        expect(rejectionOf(() => verify(endpoint, deliveryOfCase(other), now))).to.match(/^signature_/);
      }
    });
  }

  it("aws_sns: another topic's message proves nothing", async () => {
    const endpoint = await endpointOf('aws_sns', { '': rsaKey }, { topic_arn: 'another' });
    const delivery = deliveryOfCase({ headers: {}, body: snsMessage(message) });
    expect(rejectionOf(() => verify(endpoint, delivery, now))).to.equal('signature_malformed');
  });

  it('dropbox_sign: JSON in a field of a multipart form', async () => {
    const event = { event_time: String(Math.floor(now / 1000)), event_type: 'signature_request_sent' };
    const hash = hmac(event.event_time + event.event_type);
    const json = JSON.stringify({ event: { ...event, event_hash: hash } });
    const text = `--b\r\nContent-Disposition: form-data; name="json"\r\n\r\n${json}\r\n--b--\r\n`;
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const endpoint = await endpointOf('dropbox_sign', undefined);
    const verified = verify(endpoint, deliveryOfCase({ headers, body: text }), now);
    expect(decode(endpoint, verified, now).value).to.deep.equal(JSON.parse(json));
    const other = deliveryOfCase({ headers, body: text.replace('request_sent', 'request_all_signed') });
    expect(rejectionOf(() => verify(endpoint, other, now))).to.match(/^signature_/);
  });
});
