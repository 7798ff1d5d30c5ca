import { expect } from 'chai';
import { compilePlugin } from '../../../../src/config/plugins/compile.js';
import { listExamples } from '../../../../src/config/plugins/examples.js';
import { readPlugin } from '../../../../src/config/plugins/load.js';
import type { OutgoingRequest } from '../../../../src/core/model.js';
import { negatives, signWith } from '../../../../src/testing/plugins/negatives.js';
import { positionsOf } from '../../../../src/testing/plugins/tamper.js';
import { makeTestKeys } from '../../../../src/testing/plugins/test-endpoint.js';
import { differUnsignedOnly, unsignedFields } from '../../../../src/testing/plugins/unsigned-fields.js';
import { makeRequest } from '../../../../src/testing/simulator/request.js';
import { declarationOf, pluginsFolder } from '../../plugins-data/endpoints.js';

const now = Date.parse('2027-02-01T12:00:00Z');
/** As many bytes of a body are changed: see negatives.ts. */
const mostBytes = 64;

async function loadAlipay() {
  const folder = new URL('alipay', pluginsFolder).pathname;
  const { source } = await readPlugin(folder);
  if (source === undefined) throw new Error('the plugin cannot be read');
  const { provider } = compilePlugin(source);
  if (provider === undefined) throw new Error('the plugin does not compile');
  const { declaration, document } = source;
  const example = (await listExamples(folder)).find(({ payload }) => 'sign_type' in Object(payload));
  if (example === undefined) throw new Error('no example has sign_type');
  return { plugin: { folder, provider, declaration, document }, example };
}

describe('a field that a signature leaves out by declaration', () => {
  it('may be changed: no such change fails a test of the plugin, wherever the changed byte is', async () => {
    const { plugin, example } = await loadAlipay();
    const cast = makeTestKeys(plugin);
    const { endpoint, signer } = cast;
    if (signer === undefined) throw new Error('nobody signs');
    // The form has "sign_type=RSA2". Without its "=" that is a field without a value, which Alipay doesn't sign.
    const requests = Array.from({ length: 400 }, (_, pad) => {
      const payload = { ...Object(example.payload), body: 'x'.repeat(pad + 1) };
      return makeRequest('https://hooks.example.com/webhooks/alipay', { ...example, payload });
    });
    const hit = requests.find((request) => {
      const { body } = signWith(endpoint, signer, request, now);
      return positionsOf(body, mostBytes).includes(body.indexOf('sign_type=') + 'sign_type'.length);
    });
    if (hit === undefined) throw new Error('no body is as long as it has to be');
    const checks = negatives(plugin, cast, hit, now);
    expect(checks.filter(({ outcome }) => outcome === 'failed')).to.deep.equal([]);
    expect(checks).to.deep.include({
      what: 'a field changed',
      outcome: 'unbound',
      got: 'taken, as the signature leaves out sign_type and fields without a value',
    });
  });

  it('is named by the declaration, the signature itself is not', async () => {
    const { signature } = await declarationOf('alipay');
    expect(unsignedFields(signature)).to.deep.equal({ names: new Set(['sign_type']), empty: true });
    for (const name of ['paddle_classic', 'stripe', 'twilio']) {
      const { signature: other } = await declarationOf(name);
      expect(unsignedFields(other), name).to.equal(undefined);
    }
  });

  const cases: readonly (readonly [change: string, unsignedOnly: boolean])[] = [
    ['a=1&sign=xyz&sign_type=RSA2', true],
    ['a=1&sign=xyz&sign_type=RSA', true],
    ['a=1&sign=xyz&sign_type<RSA2', true],
    ['a=1&sign=xyz', true],
    ['a=1&sign=xyz&more=', true],
    ['a=1&sign=xyz&more=1', false],
    ['a=2&sign=xyz', false],
    ['a=1&sign=xyw', false],
    ['a=&sign=xyz', false],
    ['sign=xyz&a=1', false],
  ];
  for (const [changed, unsignedOnly] of cases) {
    it(`a=1&sign=xyz&sign_type=RSA2 → ${changed}: ${unsignedOnly ? 'not signed' : 'signed'}`, () => {
      const unsigned = { names: new Set(['sign_type']), empty: true };
      const request = (body: string): OutgoingRequest => ({
        method: 'POST',
        url: '/',
        headers: {},
        body: Buffer.from(body),
      });
      const differ = differUnsignedOnly(unsigned, request('a=1&sign=xyz&sign_type=RSA2'), request(changed));
      expect(differ).to.equal(unsignedOnly);
    });
  }
});
