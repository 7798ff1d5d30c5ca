import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { metrics } from '../../src/server/telemetry/metrics.js';
import { describeWith } from '../support/tool.js';

const folder = join(import.meta.dirname, '../../deploy/observability');
const run = promisify(execFile);

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly annotations?: { readonly [name: string]: string };
}

interface Case {
  readonly name: string;
  readonly promql_expr_test: readonly { readonly expr: string; readonly exp_samples: readonly unknown[] }[];
}

const { groups }: { groups: readonly { readonly rules: readonly Rule[] }[] } = parse(
  readFileSync(join(folder, 'rules.yaml'), 'utf8'),
);
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.flatMap(({ alert }) => alert ?? []);
const dashboard: unknown = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8'));

/** Every `expr` of the dashboard, with its variables filled in. */
function queriesOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'expr' && typeof member === 'string'
      ? [member.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*')]
      : queriesOf(member),
  );
}

/** Metrics that a query reads, without what Prometheus adds to a histogram's name. */
function metricsOf(query: string): readonly string[] {
  const names = query.match(/(?<![\w:])(gateway|process)_[a-z_]+/g) ?? [];
  return names.map((name) => name.replace(/_seconds_(bucket|count|sum)$/, '_seconds'));
}

const queries = [...rules.map(({ expr }) => expr), ...queriesOf(dashboard)];

describe('what watches the gateway', () => {
  it('names only metrics that there are', () => {
    const named = new Set(queries.flatMap(metricsOf));
    expect([...named].filter((name) => !(name in metrics))).to.deep.equal([]);
    expect(named.size).to.be.greaterThan(20);
  });

  it('has each alert in the runbook, and no other', () => {
    const runbook = readFileSync(join(folder, '../../docs/runbook.md'), 'utf8');
    const sections = [...runbook.matchAll(/^## (Gateway\w+)$/gm)].map(([, name]) => name);
    expect(sections.toSorted()).to.deep.equal(alerts.toSorted());
    for (const { alert, annotations = {} } of rules) {
      if (alert !== undefined) expect(annotations.runbook_url).to.equal(`docs/runbook.md#${alert.toLowerCase()}`);
    }
  });

  it('has each alert tested: a case that fires, and one that keeps quiet', () => {
    const { tests }: { tests: readonly Case[] } = parse(readFileSync(join(folder, 'rules.test.yaml'), 'utf8'));
    const wanted = alerts.flatMap((alert) => [`${alert} fires`, `${alert} keeps quiet`]);
    expect(tests.map(({ name }) => name).toSorted()).to.deep.equal(wanted.toSorted());
    for (const { name, promql_expr_test: asked } of tests) {
      const [alert] = name.split(' ');
      const expr = `count by (alertname) (ALERTS{alertname="${alert}", alertstate="firing"})`;
      const samples = name.endsWith('fires') ? [{ labels: `{alertname="${alert}"}`, value: 1 }] : [];
      const [only, ...more] = asked;
      expect([only?.expr, only?.exp_samples, more], name).to.deep.equal([expr, samples, []]);
    }
  });
});

describeWith(['promtool'], 'what watches the gateway, by promtool', (promtool) => {
  it('is valid', async () => {
    await run(promtool, ['check', 'rules', 'rules.yaml'], { cwd: folder });
  });

  it('fires, and keeps quiet, as its cases say', async () => {
    await run(promtool, ['test', 'rules', 'rules.test.yaml'], { cwd: folder });
  });

  it('has a dashboard whose queries are valid', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'dashboard-'));
    const file = join(scratch, 'queries.yaml');
    const all = queriesOf(dashboard).map((expr, index) => ({ record: `query:${index}`, expr }));
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: all }] }));
    try {
      const { stdout } = await run(promtool, ['check', 'rules', file]);
      expect(stdout).to.contain(`${all.length} rules found`);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});
