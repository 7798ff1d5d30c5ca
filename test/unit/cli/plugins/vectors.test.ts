import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import { openPlugin } from '../../../../src/config/plugins/catalogue.js';
import type { Scheme } from '../../../../src/core/model.js';
import { checkVector, parseVectors, type Vector } from '../../../../src/testing/diagnosis/vectors.js';

const text = readFileSync(new URL('../../../cases/signature/vectors.jsonl', import.meta.url), 'utf8');

async function schemeOf(name: string): Promise<Scheme> {
  const { sound } = await openPlugin(name, join(ownPlugins, name));
  return (sound ?? expect.fail()).provider.scheme;
}

describe('vectors', () => {
  const vectors = parseVectors(text);

  function of(provider: string, valid: boolean): Vector {
    return vectors.find((vector) => vector.provider === provider && vector.valid === valid) ?? expect.fail();
  }

  it('agree with a plugin that is right', async () => {
    for (const provider of ['adyen', 'paypal', 'github']) {
      const scheme = await schemeOf(provider);
      for (const vector of vectors.filter((each) => each.provider === provider)) {
        expect(checkVector(vector, scheme, 0), vector.case).to.deep.equal({ agrees: true });
      }
    }
  });

  it('agree with every plugin, and each of them is decided', async () => {
    for (const vector of vectors) {
      const verdict = checkVector(vector, await schemeOf(vector.provider ?? ''), Date.UTC(2023, 10, 14));
      expect(verdict, `${vector.provider}: ${vector.case}`).to.deep.equal({ agrees: true });
    }
  });

  it('disagree where a good one is refused or a bad one is proven', async () => {
    const adyen = await schemeOf('adyen');
    expect(checkVector({ ...of('adyen', false), valid: true }, adyen, 0)).to.deep.include({ agrees: false });
    const proven = checkVector({ ...of('adyen', true), valid: false }, adyen, 0);
    expect(proven).to.deep.equal({ agrees: false, got: 'proven, and must be refused' });
  });

  it('are not decided where a secret is lacking, is none, or cannot be had', async () => {
    const adyen = await schemeOf('adyen');
    const keyless = checkVector({ ...of('adyen', true), key: { hmac_key: 'no hex' } }, adyen, 0);
    expect(keyless).to.deep.equal({ error: 'the secret is not hex' });
    const remote = checkVector({ ...of('paypal', false), remote_keys: {} }, await schemeOf('paypal'), 0);
    expect(remote)
      .to.have.property('error')
      .that.matches(/^key_unavailable: /);
    for (const valid of [true, false]) {
      expect(checkVector({ ...of('adyen', valid), key: {} }, adyen, 0)).to.deep.equal({
        error: 'the vector has no secret: "key" is empty',
      });
      const meta = checkVector({ ...of('meta', valid), key: { secret: 'TEST_APP_SECRET' } }, await schemeOf('meta'), 0);
      expect(meta).to.deep.equal({
        error: 'the vector has no secret "app_secret"; the plugin knows no secret "secret"',
      });
    }
  });

  it('are told by their line where they are none', () => {
    expect(() => parseVectors(`${text.split('\n')[0]}\n{"case":1}\n`)).to.throw(/^line 2 is not a vector/);
    expect(() => parseVectors('\nnope')).to.throw('line 2 is not JSON');
  });
});
