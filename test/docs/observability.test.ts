import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { metrics } from '../../src/server/telemetry/metrics.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(root, 'docs/observability.md'), 'utf8');
describe('docs/observability.md', () => {
  it('names only metrics that there are', () => {
    const named = text.match(/gateway_[a-z_]+/g) ?? [];
    expect(named.filter((name) => !(name in metrics))).to.deep.equal([]);
    expect(named.length).to.be.greaterThan(4);
  });

  it('names all attributes of spans that there are', () => {
    const source = readFileSync(join(root, 'src/server/telemetry/spans.ts'), 'utf8');
    const names = [...source.matchAll(/'((?:http|url|client|error|webhook|messaging|cloudevents)\.[a-z._]+)'/g)];
    const left = names.map(([, name = '']) => name).filter((name) => !text.includes(`\`${name}\``));
    expect(left).to.deep.equal(['http.request.method_original']);
  });
});
