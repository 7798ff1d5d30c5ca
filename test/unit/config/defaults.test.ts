import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Defaults } from '../../../src/config/defaults.js';
import { packageRoot } from '../../../src/util/package-root.js';
import { isContainer, isRecord } from '../../../src/util/values.js';

const schema: object = JSON.parse(readFileSync(`${packageRoot}/schemas/gateway.schema.json`, 'utf8'));
describe('the defaults of gateway.yaml', () => {
  it('are read from the schema', () => {
    const defaults = new Defaults(schema);
    expect([
      defaults.text('server.limits.body'),
      defaults.number('deadLetter.unverified.perMinute'),
      defaults.flag('kafka.idempotent'),
      defaults.word('endpoint.rejected', ['deadletter', 'refuse']),
    ]).to.deep.equal(['1MiB', 60, true, 'deadletter']);
  });

  it('are missed aloud', () => {
    const defaults = new Defaults(schema);
    for (const read of [
      () => defaults.text('server.nothing'),
      () => defaults.text('server.workers'),
      () => defaults.number('server.listen'),
      () => defaults.flag('server.listen'),
      () => defaults.word('log.level', ['loud']),
    ])
      expect(read).to.throw(/^gateway\.schema\.json has (no|neither|none)/);
  });

  it('stand nowhere else in the code that compiles it', () => {
    const folder = `${packageRoot}/src/config`;
    const texts = new Set(
      [...listDefaults(schema)].filter((value) => typeof value === 'string' && /[0-9./]/.test(value)),
    );
    const twins = readdirSync(folder).flatMap((name) => {
      if (!name.endsWith('.ts')) return [];
      const code = readFileSync(`${folder}/${name}`, 'utf8').replace(/^ *(\/?\*|\/\/).*$/gm, '');
      const literals = [...code.matchAll(/'([^'\n]*)'/g)].map(([, text = '']) => text);
      return literals.filter((text) => texts.has(text)).map((text) => `${name}: ${text}`);
    });
    expect([texts.size > 10, twins]).to.deep.equal([true, []]);
  });
});

function* listDefaults(node: unknown): Iterable<unknown> {
  if (!isContainer(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'default' && !isRecord(value)) yield value;
    else yield* listDefaults(value);
  }
}
