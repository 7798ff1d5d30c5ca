import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Endpoint } from '../../../../src/core/model.js';
import { lookUp } from '../../../../src/storage/dedupe/lookup.js';
import { noDedupe } from '../../../../src/storage/dedupe/open.js';
import { endpoint, provider } from '../../../support/provider.js';
import { event, open, placed } from './support.js';

function known(name: string, types: readonly string[]): Endpoint {
  return endpoint({ name, routes: [], provider: provider({ eventTypes: new Set(types) }) });
}

describe('dedupe/lookup', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'gateway-lookup-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('finds an event by its id under the types that are known, at once and after a restart', async () => {
    const endpoints = [known('other', ['order.paid']), known('acme', ['order.made', 'order.paid'])];
    const place = { endpoint: 'acme', type: 'order.paid', topic: 'webhooks.acme', partition: 3, offset: '7' };
    for (const by of ['content', 'id'] as const) {
      const dedupe = await open(dir);
      await dedupe.once(event(`evt_${by}`, { by }), async () => placed(7));
      expect(lookUp(dedupe, endpoints, `evt_${by}`).places).to.deep.equal([place]);
      await dedupe.close();
      const again = await open(dir);
      expect(lookUp(again, endpoints, `evt_${by}`)).to.deep.include({ places: [place], types: 3 });
      expect(lookUp(again, endpoints, `evt_${by}`, 'order.made').places).to.deep.equal([]);
      expect(lookUp(again, endpoints, 'evt_9').places).to.deep.equal([]);
      await again.close();
    }
  });

  it('knows nothing where nothing is remembered', () => {
    const found = lookUp(noDedupe, [known('acme', ['order.paid'])], 'evt_1');
    expect(found).to.deep.equal({ id: 'evt_1', places: [], count: 0, types: 1 });
  });
});
