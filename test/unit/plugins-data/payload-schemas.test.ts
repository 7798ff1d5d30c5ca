import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { compilePlugin } from '../../../src/config/plugins/compile.js';
import { readExampleObjects } from '../../../src/config/plugins/example-objects.js';
import { listExamples } from '../../../src/config/plugins/examples.js';
import { readPlugin } from '../../../src/config/plugins/load.js';
import type { Provider, SchemaError } from '../../../src/core/model.js';
import { pluginsFolder } from './endpoints.js';

const cases = new URL('../../cases/payload-schemas/', import.meta.url);
/** Those whose schemas are made of what the provider publishes. */
const maps = new URL('../../../bin/payload-schemas/maps/', import.meta.url);
const names = readdirSync(maps).map((file) => file.replace('.yaml', ''));

interface Plugin {
  readonly provider: Provider;
  /** What the schema says by hand, of all events. */
  readonly envelope: unknown;
  readonly nulls: string;
  /** Of all examples, those inside of a batch one by one. */
  readonly payloads: readonly { readonly type: string; readonly payload: unknown }[];
}

/** Texts of the outermost object that have to be as they are. */
const fixed = new Set(['object', 'resource', 'entity', 'success']);

async function load(name: string): Promise<Plugin> {
  const { envelope, nulls }: { readonly envelope: unknown; readonly nulls: string } = parse(
    readFileSync(new URL(`${name}.yaml`, maps), 'utf8'),
  );
  const folder = new URL(name, pluginsFolder).pathname;
  const { source } = await readPlugin(folder);
  if (source === undefined) throw new Error(`${name} cannot be read`);
  const { provider } = compilePlugin(source);
  if (provider === undefined) throw new Error(`${name} does not compile`);
  const path = provider.items?.split('/').slice(1) ?? [];
  const examples = await listExamples(folder);
  const payloads = examples.flatMap(({ type, payload }) =>
    pick(payload, path).map((each) => ({ type, payload: each })),
  );
  return { provider, envelope, nulls, payloads };
}

function pick(value: unknown, [first, ...rest]: readonly string[]): readonly unknown[] {
  if (first === undefined) return [value];
  if (first === '*') return Array.isArray(value) ? value.flatMap((each) => pick(each, rest)) : [];
  return pick(Object(value)[first], rest);
}

/** An event of Stripe that has a schema of its own, written by hand. */
function isThin(payload: unknown): boolean {
  return Object(payload).object === 'v2.core.event';
}

/** What the schema for a payload has against it. Which one that is depends, of these, on a condition of Stripe alone. */
function faultsOf({ schemas }: Provider, payload: unknown): readonly SchemaError[] {
  const schema = schemas.find(({ when }) => when === undefined || isThin(payload));
  if (schema === undefined) throw new Error('no schema is for it');
  return schema.check(payload, true);
}

/** A copy in which `change` has made something else of what is at one of its places. */
function changeAt(value: unknown, path: readonly string[], change: (value: unknown) => unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((each, at) => (String(at) === first ? changeAt(each, rest, change) : each));
  return { ...Object(value), [first]: changeAt(Object(value)[first], rest, change) };
}

type Kind = 'object' | 'string' | 'member';

/** The paths of all objects, of all texts, or of all members of objects. */
function* pathsOf(value: unknown, kind: Kind, path: readonly string[] = []): Generator<readonly string[]> {
  const isMember = path.length > 0 && !/^\d+$/.test(path.at(-1) ?? '');
  if (kind === 'member' ? isMember : !Array.isArray(value) && typeof value === kind && value !== null) yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, child] of Object.entries(value)) yield* pathsOf(child, kind, [...path, name]);
}

function isDeclared(schema: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  const child: unknown = Object(Object(schema).properties)[first];
  return child !== undefined && isDeclared(child, rest);
}

function isRequired(schema: unknown, [first = '', ...rest]: readonly string[]): boolean {
  const { required = [], properties = {} }: { required?: readonly string[]; properties?: object } = Object(schema);
  if (rest.length === 0) return required.includes(first);
  return isRequired(Object(properties)[first], rest);
}

describe('the payload schemas that are made of what providers publish', () => {
  const plugins = new Map<string, Plugin>();
  const pluginOf = (name: string): Plugin => {
    const plugin = plugins.get(name);
    if (plugin === undefined) throw new Error(`${name} is not loaded`);
    return plugin;
  };
  before(async () => {
    for (const name of names) plugins.set(name, await load(name));
  });

  it('are those of at least ten providers', () => expect(names.length).to.be.at.least(10));

  for (const name of names) {
    it(`let through every example: ${name}`, () => {
      const { provider, payloads } = pluginOf(name);
      expect(payloads).not.to.be.empty;
      for (const { type, payload } of payloads) expect(faultsOf(provider, payload), type).to.deep.equal([]);
    });
  }

  it('let through all objects of Stripe that its API has examples of', async () => {
    const examples = await readExampleObjects(new URL('stripe', pluginsFolder).pathname, 'example-objects.json');
    expect(examples.length).to.be.above(600);
    for (const { type, payload } of examples)
      expect(faultsOf(pluginOf('stripe').provider, payload), type).to.deep.equal([]);
  });

  describe('let through what other versions have', () => {
    const { versions }: { versions: { readonly [version: string]: { readonly [kind: string]: unknown } } } = JSON.parse(
      readFileSync(new URL('stripe-versions.json', cases), 'utf8'),
    );
    for (const [version, objects] of Object.entries(versions)) {
      it(`the objects of Stripe's API of ${version}`, () => {
        for (const [kind, object] of Object.entries(objects)) {
          const event = { id: 'evt_1', object: 'event', type: 'x', created: 1, livemode: false, data: { object } };
          expect(faultsOf(pluginOf('stripe').provider, event), kind).to.deep.equal([]);
        }
      });
    }
    const older: { readonly [name: string]: readonly { readonly about: string; readonly payload: unknown }[] } = parse(
      readFileSync(new URL('older.yaml', cases), 'utf8'),
      { merge: true },
    );
    for (const [name, payloads] of Object.entries(older)) {
      for (const { about, payload } of payloads) {
        it(`${name}: ${about}`, () => expect(faultsOf(pluginOf(name).provider, payload)).to.deep.equal([]));
      }
    }
    it('of each provider', () => expect(Object.keys(older)).to.have.members(names));
  });

  describe('are open', () => {
    /** Of each example the paths of `kind` that `wanted` takes, and the example with something else at one of them. */
    const law = (
      about: string,
      kind: Kind,
      wanted: (name: string, path: readonly string[]) => boolean,
      changes: fc.Arbitrary<(value: unknown) => unknown>,
    ) =>
      it(about, () => {
        fc.assert(
          fc.property(fc.constantFrom(...names), fc.nat(), fc.nat(), changes, (name, example, place, change) => {
            const { provider, payloads } = pluginOf(name);
            const described = payloads.filter(({ payload }) => !isThin(payload));
            const { type, payload } = described[example % described.length] ?? { type: '', payload: undefined };
            const paths = [...pathsOf(payload, kind)].filter((path) => wanted(name, path));
            const path = paths[place % paths.length];
            if (path === undefined) return;
            const faults = faultsOf(provider, changeAt(payload, path, change));
            expect(faults, `${name} ${type}: ${path.join('/')}`).to.deep.equal([]);
          }),
          { numRuns: 1_000 },
        );
      });
    const everywhere = () => true;

    law(
      'to new members of every object',
      'object',
      everywhere,
      fc
        .dictionary(
          fc.string().map((text) => `new_${text}`),
          fc.jsonValue(),
          { minKeys: 1 },
        )
        .map((added) => (object) => ({ ...Object(object), ...added })),
    );
    law(
      'to every text: types of events and of objects, states and reasons that are new',
      'string',
      (_, path) => path.length > 1 || !fixed.has(path[0] ?? ''),
      fc.string({ minLength: 1 }).map((text) => () => text),
    );
    law(
      'to objects without one of their members',
      'member',
      (name, path) => !isRequired(pluginOf(name).envelope, path),
      fc.constant(() => undefined),
    );
    law(
      'to null for what a provider has no value for, where that does not say where',
      'member',
      (name, path) => pluginOf(name).nulls === 'always' && !isDeclared(pluginOf(name).envelope, path),
      fc.constant(() => null),
    );
  });

  describe('refuse what no version has', () => {
    const wrong: readonly (readonly [name: string, type: string, path: string, value: unknown])[] = [
      ['stripe', 'charge.succeeded', 'data.object.amount', '1000'],
      ['stripe', 'charge.succeeded', 'data.object.currency', null],
      ['stripe', 'customer.subscription.updated', 'data.object.cancel_at_period_end', 'no'],
      ['adyen', 'AUTHORISATION', 'additionalData.authCode', 1234],
      ['square', 'payment.created', 'data.object.payment.amount_money.amount', '100'],
      ['paypal', 'PAYMENT.CAPTURE.COMPLETED', 'resource.amount.value', 30],
      ['mollie', 'payment.paid', '_embedded.entity.amount.value', 10],
      ['razorpay', 'payment.captured', 'payload.payment.entity.id', 1],
      ['gocardless', 'payments.failed', 'links.payment', {}],
      ['paddle', 'transaction.completed', 'data.details.totals.total', 1],
      ['lemon_squeezy', 'order_created', 'data.attributes.total', '999'],
      ['lithic', 'card_transaction.updated', 'amount', '100'],
      ['plaid', 'TRANSACTIONS.DEFAULT_UPDATE', 'new_transactions', '1'],
    ];
    for (const [name, type, path, value] of wrong) {
      it(`${name}: ${JSON.stringify(value)} as ${path}`, () => {
        const { provider, payloads } = pluginOf(name);
        const payload = payloads.find((each) => each.type === type)?.payload;
        const faults = faultsOf(
          provider,
          changeAt(payload, path.split('.'), () => value),
        );
        expect(faults.map(({ pointer }) => pointer)).to.include(`/${path.replaceAll('.', '/')}`);
      });
    }
    it('of each provider', () => expect(new Set(wrong.map(([name]) => name))).to.deep.equal(new Set(names)));
  });
});
