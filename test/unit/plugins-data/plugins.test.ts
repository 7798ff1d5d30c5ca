import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'chai';
import jsonata from 'jsonata';
import { parse } from 'yaml';
import { compileRule } from '../../../src/core/rules/compile.js';
import { compileEvents } from '../../../src/core/rules/events.js';

interface PluginFile {
  items?: string;
  schemas: { schema: string; when?: string }[];
  event: { [name: string]: string };
  routes: { events?: string[]; when?: string; topic: string; key?: string }[];
  eventTypes?: string;
}

interface Example {
  headers?: { [name: string]: string };
  payload: unknown;
}

const root = new URL('../../../', import.meta.url);
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
formats.default(ajv);

function readText(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

function readSchema(path: string): ValidateFunction {
  return ajv.compile(JSON.parse(readText(path)));
}

const isPlugin = readSchema('schemas/plugin.schema.json');
const isExample = readSchema('schemas/example.schema.json');

/** Each example with its event type, subject, topic and partition key (`-`: the route has none). */
const expected: { readonly [provider: string]: readonly string[] } = {
  stripe: [
    'account.updated acct_00000000000000 webhooks.stripe.other -',
    'charge.captured ch_000000000000000000000000 webhooks.stripe.charge pi_000000000000000000000000',
    'charge.dispute.closed - webhooks.stripe.charge ch_00000000000000',
    'charge.dispute.created dp_000000000000000000000000 webhooks.stripe.charge ch_000000000000000000000000',
    'charge.failed ch_000000000000000000000000 webhooks.stripe.charge pi_000000000000000000000000',
    'charge.refund.updated re_000000000000000000000000 webhooks.stripe.charge pi_000000000000000000000000',
    'charge.refunded ch_000000000000000000000000 webhooks.stripe.charge ch_000000000000000000000000',
    'charge.succeeded ch_000000000000000000000000 webhooks.stripe.charge pi_000000000000000000000000',
    'checkout.session.completed cs_test_00000000000000000000000000000000000000000000000000 webhooks.stripe.other pi_000000000000000000000000',
    'customer.subscription.updated sub_000000000000000000000000 webhooks.stripe.other -',
    'invoice.payment_failed in_000000000000000000000000 webhooks.stripe.other -',
    'payment_intent.created pi_000000000000000000000000 webhooks.stripe.payment_intent pi_000000000000000000000000',
    'payment_intent.payment_failed pi_000000000000000000000000 webhooks.stripe.payment_intent pi_000000000000000000000000',
    'payment_intent.succeeded pi_000000000000000000000000 webhooks.stripe.payment_intent pi_000000000000000000000000',
    'payout.paid po_000000000000000000000000 webhooks.stripe.other -',
    'refund.created re_000000000000000000000000 webhooks.stripe.refund pi_000000000000000000000000',
    'refund.updated re_000000000000000000000000 webhooks.stripe.refund pi_000000000000000000000000',
    'v1.charge.refunded ch_000000000000000000000000 webhooks.stripe.thin -',
  ],
  github: [
    'installation.created 957387 webhooks.github.other -',
    'issues.opened Codertocat/Hello-World webhooks.github.other -',
    'marketplace_purchase.purchased 18404719 webhooks.github.other -',
    'ping Codertocat/Hello-World webhooks.github.other -',
    'pull_request.opened Codertocat/Hello-World webhooks.github.pull_request Codertocat/Hello-World#2',
    'push Codertocat/Hello-World webhooks.github.push Codertocat/Hello-World',
    'security_advisory.published GHSA-rf4j-j272-fj86 webhooks.github.other -',
    'sponsorship.created MDExOlNwb25zb3JzaGlwMQ== webhooks.github.other -',
    'star.created Codertocat/Hello-World webhooks.github.other -',
  ],
  standard_webhooks: [
    'contact.created 1f81eb52-5198-4599-803e-771906343485 webhooks.standard_webhooks.events -',
    'contact.updated 1f81eb52-5198-4599-803e-771906343485 webhooks.standard_webhooks.events -',
  ],
  adyen: [
    'AUTHORISATION 123456789 webhooks.adyen.authorisation -',
    'CANCELLATION 123456789 webhooks.adyen.other -',
    'CAPTURE ORIGINAL_PSP webhooks.adyen.capture -',
    'CAPTURE_FAILED 123456789 webhooks.adyen.capture -',
    'CHARGEBACK 9913333333333333 webhooks.adyen.dispute -',
    'NOTIFICATION_OF_CHARGEBACK 123456789 webhooks.adyen.dispute -',
    'REFUND ORIGINAL_PSP webhooks.adyen.refund -',
    'REFUND_FAILED 123456789 webhooks.adyen.refund -',
  ],
};

for (const [name, lines] of Object.entries(expected)) {
  describe(`plugins/${name}`, () => {
    const folder = `plugins/${name}/`;
    const plugin: PluginFile = parse(readText(`${folder}plugin.yaml`));
    const schemas = plugin.schemas.map(({ schema, when }) => ({ when, check: readSchema(folder + schema) }));
    const names = readdirSync(new URL(`${folder}examples/`, root)).sort();

    it('has a plugin.yaml and examples that agree with their schemas', () => {
      expect(isPlugin(plugin), JSON.stringify(isPlugin.errors)).to.equal(true);
      for (const file of names) {
        expect(isExample(JSON.parse(readText(`${folder}examples/${file}`))), file).to.equal(true);
      }
    });

    it('has an example for each line of the table', () => {
      expect(names).to.deep.equal(lines.map((line) => `${line.split(' ')[0]}.json`));
    });

    it('has rules that compile', () => {
      const keys = plugin.routes.flatMap(({ when, key }) => [when, key]);
      const rules = [...Object.values(plugin.event).flat(), ...plugin.schemas.map(({ when }) => when), ...keys];
      for (const rule of rules) {
        expect(rule === undefined ? undefined : compileRule(rule).fault, rule).to.equal(undefined);
      }
    });

    for (const line of lines) {
      it(line, async () => {
        const [type] = line.split(' ');
        const example: Example = JSON.parse(readText(`${folder}examples/${type}.json`));
        const item = itemOf(example.payload, plugin.items);
        for (const { when, check } of schemas) {
          if (when === undefined || (await jsonata(when).evaluate(item)) === true) {
            expect(check(item), JSON.stringify(check.errors)).to.equal(true);
            break;
          }
        }
        expect(await describeRecord(plugin, item, example.headers ?? {})).to.equal(line);
      });
    }
  });
}

describe('plugins/stripe/event-types.txt', () => {
  const types = readText('plugins/stripe/event-types.txt')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it('has the 275 snapshot types and the thin ones, each once', () => {
    expect(types.filter((type) => !/^v[12]\./.test(type))).to.have.length(275);
    expect(types.filter((type) => /^v[12]\./.test(type))).to.have.length(326);
    expect(new Set(types).size).to.equal(types.length);
  });

  it('has every example', () => {
    expect(types).to.include.members(expected.stripe?.map((line) => line.split(' ')[0] ?? '') ?? []);
  });
});

function itemOf(payload: unknown, items: string | undefined): unknown {
  let value = payload;
  for (const segment of items?.split('/').slice(1) ?? []) {
    value = Object(value)[segment === '*' ? '0' : segment];
  }
  return value;
}

async function describeRecord(plugin: PluginFile, item: unknown, headers: { [name: string]: string }): Promise<string> {
  const read = async (rule: string | undefined): Promise<unknown> =>
    rule === undefined ? undefined : jsonata(rule).evaluate(item, { headers, endpoint: { name: 'e', path: '/e' } });
  const type = String(await read(plugin.event.type));
  for (const route of plugin.routes) {
    const named = route.events === undefined || compileEvents(route.events)(type);
    if (named && (route.when === undefined || (await read(route.when)) === true)) {
      return [type, (await read(plugin.event.subject)) ?? '-', route.topic, (await read(route.key)) ?? '-'].join(' ');
    }
  }
  return `${type} is not routed`;
}
