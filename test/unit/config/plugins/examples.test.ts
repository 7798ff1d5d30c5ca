import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import { listExamples } from '../../../../src/config/plugins/examples.js';
import { composer } from '../../../../src/testing/simulator/compose.js';
import { endpoint } from '../../../support/provider.js';

describe('examples of a plugin', () => {
  let folder: string;
  before(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'gateway-examples-')), 'shopify');
    cpSync(`${ownPlugins}/shopify`, folder, { recursive: true });
  });
  after(() => rmSync(join(folder, '..'), { recursive: true }));

  it('are sent with the digits that their files have', async () => {
    const payload = '{"id":820982911946154508,"total":10000.00,"rate":1e2,"n":1}';
    writeFileSync(join(folder, 'examples/orders.big.json'), `{ "payload": ${payload} }`);
    const example = (await listExamples(folder)).find(({ type }) => type === 'orders.big') ?? expect.fail();
    const offer = { endpoint: endpoint(), type: example.type, message: example, fresh: {} };
    const next = composer(offer, { base: 'http://127.0.0.1:1', overrides: [], invalid: false });
    expect(next?.().body.toString()).to.equal(payload);
    const wrong = composer(offer, { base: 'http://127.0.0.1:1', overrides: [], invalid: true });
    expect(wrong?.().body.toString()).to.equal(payload);
  });
});
