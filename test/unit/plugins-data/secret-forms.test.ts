import { join } from 'node:path';
import { expect } from 'chai';
import { examineSecret } from '../../../src/cli/doctor/secrets.js';
import { ownPlugins } from '../../../src/config/plugin-folders.js';
import { openPlugin } from '../../../src/config/plugins/catalogue.js';

const prefixed = ['clerk', 'increase', 'lithic', 'openai', 'portone', 'replicate', 'resend', 'svix'];
const base64 = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const hex = (digits: number) => '0aF9'.repeat(digits / 4);

/** Plugin → what is its secret, and what isn't. */
const secrets: { readonly [plugin: string]: { readonly right: readonly string[]; readonly wrong: readonly string[] } } =
  {
    ...Object.fromEntries(
      prefixed.map((name) => [name, { right: [`whsec_${base64}`], wrong: [base64, 'sk_test_abc'] }]),
    ),
    adyen: { right: [hex(64)], wrong: [hex(32), `AQE${base64}`] },
    adyen_platform: { right: [hex(64)], wrong: [hex(32)] },
    authorize_net: { right: [hex(128)], wrong: [hex(64)] },
    contentful: { right: [`${base64}${base64}`], wrong: [base64] },
    discord: { right: [hex(64)], wrong: [hex(60)] },
    klaviyo: { right: ['sixteen or more!'], wrong: ['short'] },
    paddle: { right: ['pdl_ntfset_01h_abc'], wrong: ['ntfset_01h'] },
    paystack: { right: ['sk_live_abc', 'sk_test_abc'], wrong: ['pk_live_abc'] },
    revolut: { right: ['wsk_abc'], wrong: ['sk_abc'] },
    standard_webhooks: { right: [`whsec_${base64}`, base64], wrong: ['sk_test_abc'] },
    twitch: { right: ['ten or more'], wrong: ['few', 'über zehn Zeichen'] },
    wechat_pay_v3: { right: [base64], wrong: [`${base64}x`] },
  };

describe('the forms of secrets', () => {
  for (const [plugin, { right, wrong }] of Object.entries(secrets)) {
    it(`of ${plugin}`, async () => {
      const { sound } = await openPlugin(plugin, join(ownPlugins, plugin));
      const forms = sound?.declaration.secretForms ?? expect.fail('it has none');
      const examine = (text: string) =>
        examineSecret({ endpoint: plugin, name: 'current', text, forms, livemode: 'any', oneLine: false });
      for (const text of right) expect(examine(text).status, text).to.equal('ok');
      for (const text of wrong) expect(examine(text), text).to.have.property('hint');
    });
  }
});
