import { expect } from 'chai';
import { makeSecretText } from '../../../src/signature/development.js';
import { schemeCases, schemeOfCase } from './schemes.js';

describe('a secret for development', () => {
  for (const [provider, plugin] of Object.entries(schemeCases)) {
    it(`suits ${provider}`, () => {
      for (const kind of [undefined, ...Object.keys(plugin?.secrets ?? {})]) {
        const text = makeSecretText(plugin?.signature ?? { any: [] }, kind);
        const key = schemeOfCase(provider).key(text, kind);
        expect(key.type).to.equal(text.startsWith('-----') ? 'private' : 'secret');
      }
    });
  }
});
