import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { compilePayloadSchema } from '../../src/config/plugins/payload-schema.js';
import type { PayloadSchema } from '../../src/core/model.js';
import { withoutNodes } from '../../src/diagnostics/parse.js';
import { createDice, type Dice } from '../support/mutate.js';
import { Cli, embeddedConfig, makeDirectory, plugins } from './cli.js';

const built = new URL('../../dist/', import.meta.url);
/** Of each example. */
const mutations = 40;

const values = [null, true, 0, -1, 1.5, 1e21, '', 'x', '💥', '2027-01-01T00:00:00Z', 'x'.repeat(300), [], {}, [null]];

/** The same JSON with something dropped, added or replaced somewhere. */
function mutate(value: unknown, dice: Dice): unknown {
  if (typeof value !== 'object' || value === null || dice(4) === 0) return values[dice(values.length)];
  const keys = Object.keys(value);
  const key = keys[dice(keys.length)] ?? 'added';
  const child: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
  if (Array.isArray(value)) return [mutate(value[0], dice), ...value.slice(1)];
  const { [key]: _, ...others }: { [name: string]: unknown } = { ...value };
  if (dice(5) === 0) return dice(2) === 0 ? others : { ...value, added: values[dice(values.length)] };
  return { ...others, [key]: mutate(child, dice) };
}

function schemasOf(folder: string): { name: string; text: string }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.schema.json'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

function payloadsOf(folder: string): unknown[] {
  const examples = join(folder, 'examples');
  const names = existsSync(examples) ? readdirSync(examples).filter((name) => name.endsWith('.json')) : [];
  return names.map((name) => JSON.parse(readFileSync(join(examples, name), 'utf8')).payload);
}

type Check = PayloadSchema['check'];

/** Says on stderr, at the end, whether a process has loaded the compiler of schemas. */
const witness = String.raw`process.on('exit', () => {
  const loaded = Object.keys(require.cache).some((path) => path.includes('/ajv/dist/compile/'));
  process.stderr.write(loaded ? 'ajv was loaded\n' : 'ajv was not loaded\n');
});`;

/** The build compiles the payload schemas of the plugins ahead: what they say must be the same. */
describe('the built payload schemas', () => {
  let findValidators: typeof import('../../src/config/plugins/payload-validators.js').findValidators;
  let compileBuilt: typeof compilePayloadSchema;
  before(async () => {
    ({ compilePayloadSchema: compileBuilt } = await import(`${built}config/plugins/payload-schema.js`));
    ({ findValidators } = await import(`${built}config/plugins/payload-validators.js`));
  });

  function compileBoth(name: string, text: string): [Check, Check] {
    const document = withoutNodes({ file: name, text, value: JSON.parse(text) });
    const [ahead, now] = [compileBuilt(name, document), compilePayloadSchema(name, document)];
    expect([ahead.faults, now.faults]).to.deep.equal([[], []]);
    if (ahead.check === undefined || now.check === undefined) throw new Error(`${name} can't be compiled`);
    return [ahead.check, now.check];
  }

  for (const plugin of readdirSync(plugins).filter((name) => existsSync(join(plugins, name, 'plugin.yaml')))) {
    it(`say what they say when compiled at the start: ${plugin}`, () => {
      const folder = join(plugins, plugin);
      const dice = createDice(plugin.length);
      const payloads = payloadsOf(folder);
      const mutated = payloads.flatMap((payload) => Array.from({ length: mutations }, () => mutate(payload, dice)));
      for (const { name, text } of schemasOf(folder)) {
        expect(findValidators(text), `${name} was not compiled ahead`).to.be.an('object');
        const [ahead, now] = compileBoth(name, text);
        expect(now(null)).to.have.length(1);
        for (const value of [...values, ...payloads, ...mutated]) {
          for (const all of [false, true]) expect(ahead(value, all)).to.deep.equal(now(value, all));
        }
      }
    });
  }

  it('are not taken for a schema that was changed', () => {
    const { name, text } = schemasOf(join(plugins, 'stripe'))[0] ?? { name: '', text: '' };
    const changed = text.replace('"required": [', '"required": ["since_today", ');
    expect(changed).not.to.equal(text);
    expect(findValidators(changed)).to.equal(undefined);
    const [check] = compileBoth(name, changed);
    const [payload] = payloadsOf(join(plugins, 'stripe'));
    expect(check(payload)).to.deep.equal([{ pointer: '', message: "must have required property 'since_today'" }]);
  });

  it('spare a start the compiler, which is loaded once a schema was changed', async () => {
    const directory = makeDirectory({
      'config/gateway.yaml': embeddedConfig().replace(plugins, '../plugins'),
      'data/stripe.secret': 'whsec_c2l4dGVlbiBieXRlcyBhdCBsZWFzdA==',
      'witness.cjs': witness,
    });
    const lint = async () => {
      const env = { NODE_OPTIONS: `--require ${join(directory.path, 'witness.cjs')}` };
      const { code, stdout, stderr } = await new Cli(directory.path, ['lint-config'], env).ended();
      expect(code, stdout + stderr).to.equal(0);
      return stderr.trim().split('\n').at(-1);
    };
    try {
      cpSync(join(plugins, 'stripe'), join(directory.path, 'plugins/stripe'), { recursive: true });
      expect(await lint()).to.equal('ajv was not loaded');
      const schema = join(directory.path, 'plugins/stripe/event.schema.json');
      writeFileSync(schema, `${readFileSync(schema, 'utf8')}\n`);
      expect(await lint()).to.equal('ajv was loaded');
    } finally {
      directory.remove();
    }
  });
});
