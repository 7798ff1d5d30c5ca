import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadWithMadeUp } from '../../../../src/cli/load-without-secrets.js';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import type { GatewaySettings } from '../../../../src/config/settings.js';
import { compileRule } from '../../../../src/core/rules/compile.js';
import { writeJunit } from '../../../../src/diagnostics/junit.js';
import { type CasebookResult, runCasebook } from '../../../../src/testing/cases/run.js';
import { updateExpectations } from '../../../../src/testing/cases/update.js';
import { removeAt } from '../../../../src/util/json/paths.js';
import { endpoint, provider } from '../../../support/provider.js';

const config = `version: 1
plugins: ${ownPlugins}
kafka: { brokers: "127.0.0.1:1", sasl: { mechanism: plain, username: u, password: { env: NOBODY_SETS_THIS } } }
endpoints:
  - provider: stripe
    path: /webhooks/stripe
    secrets:
      - { name: current, env: NOBODY_SETS_THAT }
      - { name: previous, file: absent.secret, expires: 2040-01-01T00:00:00Z }
  - { provider: adyen, path: /webhooks/adyen, accept: [signature-body-unbound], secrets: [{ name: hmac_key, env: NOR_THIS }] }
`;

describe('tests beside the configuration', () => {
  let root: string;
  let settings: GatewaySettings;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'gateway-tests-'));
    mkdirSync(join(root, 'config/tests'), { recursive: true });
    writeFileSync(join(root, 'config/gateway.yaml'), config);
    const loaded = await loadWithMadeUp(join(root, 'config/gateway.yaml'), 'all');
    expect(loaded.diagnostics).to.deep.equal([]);
    expect(loaded.madeUp).to.deep.equal(['NOBODY_SETS_THIS', 'NOBODY_SETS_THAT', 'absent.secret', 'NOR_THIS']);
    settings = loaded.settings ?? expect.fail();
  });
  after(() => rmSync(root, { recursive: true }));

  function writeCases(text: string): string {
    const file = join(root, 'config/tests/some.yaml');
    writeFileSync(file, text);
    writeFileSync(join(root, 'config/tests/numbers.json'), '{"id":9007199254740993,"type":"x","amount":1.0,"l":[{}]}');
    return file;
  }

  async function run(text: string, providers?: ReadonlySet<string>): Promise<CasebookResult> {
    const file = writeCases(text);
    const { endpoints, limits, deadLetter } = settings;
    const options = { endpoints, largest: limits.body, deadLetterTopic: deadLetter.topic, now: Date.now() };
    return runCasebook(file, providers === undefined ? options : { ...options, providers });
  }

  /** One case per line of expectation. */
  async function outcomes(cases: readonly (readonly [given: string, expectation: string])[]): Promise<unknown[]> {
    const lines = cases.map(([given, expectation]) => `  - { name: n, given: ${given}, expect: ${expectation} }\n`);
    const { cases: results, diagnostics } = await run(`version: 1\nendpoint: stripe\ncases:\n${lines.join('')}`);
    expect(diagnostics).to.deep.equal([]);
    return results.map(({ passed, problem, differences }) => problem ?? (passed || differences[0]?.actual));
  }

  it('have every way of signing', async () => {
    const example = 'example: charge.refunded';
    const refused = (code: string) => `{ status: 401, rejection: ${code} }`;
    expect(
      await outcomes([
        [`{ ${example} }`, '{ status: 200, rejection: none }'],
        [`{ ${example}, signing: { secret: previous } }`, '{ headers: { ce_secretname: previous } }'],
        [`{ ${example}, signing: { secret: previous }, time: 2041-01-01T00:00:00Z }`, refused('secret_inactive')],
        [`{ ${example}, signing: none }`, refused('signature_missing')],
        [`{ ${example}, signing: wrong }`, refused('signature_mismatch')],
        [`{ ${example}, signing: tampered }`, refused('signature_mismatch')],
        [`{ ${example}, signing: { age: 300s } }`, '{ status: 200 }'],
        [`{ ${example}, signing: { age: 301s } }`, refused('timestamp_stale')],
        [`{ ${example}, signing: { ahead: 61s } }`, refused('timestamp_future')],
        [`{ ${example}, headers: { content-type: text/html } }`, '{ status: 415, rejection: media_type_unsupported }'],
      ]),
    ).to.deep.equal(Array(10).fill(true));
  });

  it('are given examples, payloads, files and requests, with changes', async () => {
    writeFileSync(join(root, 'config/tests/body.json'), '{ "id": "evt_1" }');
    writeFileSync(
      join(root, 'config/tests/r.http'),
      'POST /webhooks/stripe HTTP/1.1\ncontent-type: application/json\n\n{}',
    );
    expect(
      await outcomes([
        ['{ example: charge.refunded, set: { id: evt_7 } }', '{ event: { id: evt_7 } }'],
        ['{ example: charge.refunded, remove: [livemode] }', '{ rejection: schema_violation }'],
        ['{ payload: [] }', '{ rejection: schema_violation }'],
        ['{ file: body.json, set: { id: 1 } }', '{ rejection: schema_violation }'],
        ['{ request: r.http }', '{ rejection: signature_missing }'],
        ['{ file: absent.json }', '{ status: 200 }'],
        ['{ example: charge.refund }', '{ status: 200 }'],
        ['{ example: charge.refunded, signing: { secret: old } }', '{ status: 200 }'],
      ]),
    ).to.deep.equal([
      ...Array(5).fill(true),
      `ENOENT: no such file or directory, open '${join(root, 'config/tests/absent.json')}'`,
      'plugin stripe has no example of "charge.refund"',
      'endpoint "stripe" has no secret "old": current, previous',
    ]);
  });

  it('are given numbers as they are written', async () => {
    const rule = (source: string) => compileRule(source).rule ?? expect.fail(source);
    const event = { id: rule('id & "/" & amount'), type: rule('type'), subject: rule('l[0].n') };
    const { cases, diagnostics } = await runCasebook(
      writeCases(`version: 1
cases:
  - name: a payload
    given: { payload: &order { id: 820982911946154508, type: x, amount: 10000.00, l: [{ n: 0x10 }] }, signing: valid }
    expect: { event: { id: 820982911946154508/10000.00, subject: "16" } }
  - name: the same, with changes
    given: { payload: *order, set: { id: 820982911946154509, l: [{ n: 1.50 }] } }
    expect: { event: { id: 820982911946154509/10000.00, subject: "1.50" } }
  - name: the same
    given: { payload: *order }
    expect: { event: { id: 820982911946154508/10000.00, subject: "16" } }
  - name: a file
    given: { file: numbers.json, set: { l.0.n: 2.0 } }
    expect: { event: { id: 9007199254740993/1.0, subject: "2.0" } }
`),
      {
        largest: 10_000,
        deadLetterTopic: 'dlq',
        now: Date.now(),
        endpoints: [endpoint({ provider: provider({ event }) })],
      },
    );
    expect(diagnostics).to.deep.equal([]);
    expect(cases.map(({ passed, problem, differences }) => problem ?? (passed || differences))).to.deep.equal([
      true,
      true,
      true,
      true,
    ]);
  });

  it('say where an expectation is not met, field by field', async () => {
    const { cases } = await run(`version: 1
cases:
  - name: wrong
    endpoint: stripe
    given: { example: charge.refunded, set: { id: evt_1 } }
    expect:
      status: 201
      event:
        id: evt_2
        account: acct_1
  - { name: batch, endpoint: adyen, given: { example: AUTHORISATION }, expect: { records: [{ topic: t }] } }
  - { name: nowhere, endpoint: nope, given: { payload: 1 }, expect: {} }
  - { name: which, given: { payload: 1 }, expect: {} }
`);
    expect(cases[0]?.differences).to.deep.equal([
      { pointer: '/status', field: 'status', expected: 201, actual: 200, line: 7, column: 15 },
      { pointer: '/event/id', field: 'event.id', expected: 'evt_2', actual: 'evt_1', line: 9, column: 13 },
      { pointer: '/event/account', field: 'event.account', expected: 'acct_1', line: 10, column: 18 },
    ]);
    expect(cases[1]?.differences[0]).to.deep.include({ field: 'records.0.topic', expected: 't', line: 11 });
    expect(cases.slice(2).map(({ problem }) => problem)).to.deep.equal([
      'there is no endpoint "nope": there are stripe, adyen',
      'say which endpoint it is for: stripe, adyen',
    ]);
    const chosen = await run(
      'version: 1\nendpoint: stripe\ncases: [{ name: n, given: { payload: 1 } }]',
      new Set(['adyen']),
    );
    expect(chosen.cases).to.deep.equal([]);
  });

  it('have faults of their own with their place', async () => {
    const { diagnostics } = await run('version: 1\ncases:\n  - { name: n, given: { exampel: x } }\n');
    expect(diagnostics.map(({ message, hint }) => [message, hint])).to.deep.include([
      'Unknown key "exampel"',
      'did you mean "example"?',
    ]);
    expect((await run('version: 1\ncases: [')).diagnostics).to.have.length(1);
  });

  it('are written as things are, and nothing else is touched', async () => {
    const text = `# of ours
version: 1
endpoint: stripe
cases:
  - name: a                  # first
    given: { example: charge.refunded, set: { id: evt_1, data.object.id: ch_1 },   remove: [data.object.payment_intent] }
    expect:
      key: "pi_1"   # the charge
      topic: t
      event: {   id: evt_2 }
  - name: b
    given: { example: charge.refunded, set: { id: evt_1 } }   # nothing expected
`;
    const { updated = '' } = await run(text);
    expect(updated)
      .to.contain('# of ours')
      .and.to.contain('key: ch_1')
      .and.to.contain('# the charge')
      .and.to.contain('# first');
    expect(updated).to.contain('# nothing expected');
    const again = await run(updated);
    expect(again.cases.map(({ passed }) => passed)).to.deep.equal([true, true]);
    expect(again).not.to.have.property('updated');
    expect(readFileSync(join(root, 'config/tests/some.yaml'), 'utf8')).to.equal(updated);
  });

  it('keep their layout where a scalar takes the place of another', () => {
    const text = 'cases:\n  - {   expect: { key: [a],   topic: t } }   # c\n';
    const difference = { pointer: '/topic', expected: 't', actual: 'a, b' };
    expect(updateExpectations(text, [{ index: 0, differences: [difference] }])).to.equal(
      text.replace('topic: t', 'topic: "a, b"'),
    );
    const gone = { pointer: '/topic', expected: 't' };
    expect(updateExpectations(text, [{ index: 0, differences: [gone] }]))
      .to.match(/# c/)
      .and.not.match(/topic/);
  });

  it('take members out', () => {
    expect(removeAt({ a: [{ b: 1, c: 2 }, 3] }, ['a', '0', 'b'])).to.deep.equal({ a: [{ c: 2 }, 3] });
    expect(removeAt({ a: [1, 2] }, ['a', '0'])).to.deep.equal({ a: [2] });
    expect(removeAt({ a: 1 }, ['x', 'y'])).to.deep.equal({ a: 1 });
  });
});

describe('JUnit', () => {
  it('is escaped', () => {
    const xml = writeJunit([{ name: 'a&b', cases: [{ name: 'ok' }, { name: '<n>', failure: '"x"\n\u0000' }] }]);
    expect(xml).to.contain('<testsuites tests="2" failures="1">').and.to.contain('name="a&amp;b"');
    expect(xml).to.contain('name="&lt;n&gt;"><failure message="&quot;x&quot;&#10;\ufffd"/>');
  });
});
