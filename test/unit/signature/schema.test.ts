import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { compileCheck } from '../../../src/diagnostics/schema-check.js';
import { explainErrors } from '../../../src/diagnostics/schema-faults.js';
import { schemeCases } from './schemes.js';

const schema: object = JSON.parse(
  readFileSync(new URL('../../../schemas/plugin.schema.json', import.meta.url), 'utf8'),
);
const check = compileCheck<object>(schema);

const rest = {
  version: 1,
  name: 'acme',
  title: 'Acme',
  schemas: [{ schema: 'event.schema.json' }],
  event: { id: 'id', type: 'type' },
  routes: [{ topic: 'webhooks.acme' }],
};

function faultsOf(plugin: object): readonly string[] {
  const checked = check({ ...rest, ...plugin });
  if ('value' in checked) return [];
  return explainErrors(checked.errors).map(({ pointer, message, hint = '' }) => `${pointer} ${message} ${hint}`);
}

const good = { algorithm: 'hmac-sha256', signature: { from: '{header.x}', encoding: 'hex' }, content: '{raw}' };

describe('the schema of plugin.yaml', () => {
  for (const [provider, plugin] of Object.entries(schemeCases)) {
    it(`takes the scheme of ${provider}`, () => {
      expect(faultsOf(plugin ?? {})).to.deep.equal([]);
    });
  }

  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ signature: { ...good, algorithm: 'hmac-sha265' } }, /^\/signature\/algorithm .*did you mean "hmac-sha256"/],
    [{ signature: { any: [{ ...good, algorithm: 'rsa-sha265' }] } }, /^\/signature\/any\/0\/algorithm .*"rsa-sha256"/],
    [{ signature: { ...good, algorithm: { switch: '{header.a}', case: {} } } }, /^\/signature\/algorithm.*case/],
    [{ signature: { ...good, contents: '{raw}' } }, /^\/signature\/contents .*did you mean "content"/],
    [{ signature: { ...good, content: [{ pair: {} }] } }, /^\/signature\/content\/0.*did you mean "pairs"/],
    [{ signature: { ...good, content: 5 } }, /^\/signature\/content .*text/],
    [{ signature: { ...good, key: { format: 'der' } } }, /^\/signature\/key\/format .*pem/],
    [{ signature: { ...good, key: { remote: { url: 'https://a.example' } } } }, /^\/signature\/key\/remote .*"hosts"/],
    [{ signature: good, payload: { form: 'yaml' } }, /^\/payload\/form .*json/],
    [{ signature: good, payload: [{ form: 'json' }, { from: '{raw}' }] }, /^\/payload\/1 .*"form"/],
    [{ signature: good, handshakes: [{ when: {}, verified: 'before' }] }, /^\/handshakes\/0 /],
    [{ signature: good, params: { webhook_id: {} } }, /^\/params\/webhook_id .*"description"/],
  ];
  for (const [plugin, fault] of wrong) {
    it(`says where and what: ${fault.source}`, () => {
      const faults = faultsOf(plugin);
      expect(faults.join('\n')).to.match(fault);
      expect(faults.length).to.be.lessThan(3);
    });
  }
});
