import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import { prepareRequests } from '../../../../src/cli/simulation.js';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import { openPlugin } from '../../../../src/config/plugins/catalogue.js';
import { listExamples } from '../../../../src/config/plugins/examples.js';
import { Failure } from '../../../../src/exit.js';
import { makeEndpoint } from '../../../../src/testing/plugins/test-endpoint.js';

describe('simulating a provider whose private key nobody here has', () => {
  it('says so', async () => {
    const folder = join(ownPlugins, 'telnyx');
    const { provider, declaration } = (await openPlugin('telnyx', folder)).sound ?? expect.fail();
    const { publicKey: key } = generateKeyPairSync('ed25519');
    const [{ type, headers, payload, fresh } = expect.fail()] = await listExamples(folder);
    const endpoint = makeEndpoint(provider, declaration, [{ name: 'live', key }]);
    const offer = { endpoint, type, message: { headers, payload }, fresh };
    const next = await prepareRequests(offer, { base: 'http://127.0.0.1', overrides: [], invalid: false });
    expect(next).to.throw(Failure, `${type} can't be sent to endpoint "telnyx": only the private key can sign`);
  });
});
