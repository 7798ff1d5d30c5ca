import { expect } from 'chai';
import type { Diagnostic } from '../../../src/diagnostics/diagnostic.js';
import { formatGithub, formatJson } from '../../../src/diagnostics/formats.js';
import { maskSecrets } from '../../../src/diagnostics/mask.js';
import { formatPretty } from '../../../src/diagnostics/pretty.js';

const source = `version: 1\n${'\n'.repeat(12)}    verify: { tolerence: 300s }\n`;
const at = source.indexOf('tolerence');
const unknown: Diagnostic = {
  rule: 'config-unknown-key',
  severity: 'error',
  file: '/etc/gateway/gateway.yaml',
  range: { start: { line: 14, column: 15, offset: at }, end: { line: 14, column: 24, offset: at + 9 } },
  message: 'Unknown key "tolerence"',
  hint: 'did you mean "tolerance"?',
};
const missing: Diagnostic = {
  rule: 'config-missing',
  severity: 'warning',
  file: '/etc/gateway/a,b.yaml',
  message: '100%\u001b[2J',
};
const sources = new Map([[unknown.file, source]]);

describe('formatPretty', () => {
  it('shows place, message, source and what to do', () => {
    expect(formatPretty([unknown], sources, { base: '/etc/gateway' })).to.equal(
      [
        'gateway.yaml:14:15  error  Unknown key "tolerence"  [config-unknown-key]',
        '   14 |     verify: { tolerence: 300s }',
        '      |               ^^^^^^^^^',
        '      = did you mean "tolerance"?',
        '',
      ].join('\n'),
    );
  });

  it('lets no control character through, and colours only when told', () => {
    expect(formatPretty([unknown, missing], sources)).not.to.contain('\u001b');
    expect(formatPretty([unknown], sources, { colours: true })).to.contain('\u001b[31merror');
  });

  it('shows the part of a long line around the fault', () => {
    const text = `${'x'.repeat(5000)}y`;
    const start = { line: 1, column: 4001, offset: 4000 };
    const shown = formatPretty(
      [{ ...unknown, range: { start, end: { ...start, column: 4003 } } }],
      new Map([[unknown.file, text]]),
    );
    expect(Math.max(...shown.split('\n').map((line) => line.length))).to.be.below(140);
    expect(shown).to.contain(`| ${' '.repeat(60)}^^\n`);
  });
});

describe('formatJson', () => {
  it('is one array', () => {
    expect(JSON.parse(formatJson([unknown, missing]))).to.deep.equal([unknown, missing]);
  });
});

describe('formatGithub', () => {
  it('writes escaped workflow commands', () => {
    expect(formatGithub([unknown, missing], '/etc')).to.equal(
      '::error file=gateway/gateway.yaml,line=14,col=15,endLine=14,endColumn=24,title=config-unknown-key::Unknown key "tolerence"%0Adid you mean "tolerance"?\n' +
        '::warning file=gateway/a%2Cb.yaml,title=config-missing::100%25\ufffd[2J\n',
    );
  });
});

describe('maskSecrets', () => {
  const leaks = [
    'secrets: [{ name: current, value: LEAK }]',
    'secrets: [{ name: current, env: LEAK-1 }]',
    'secrets:\n  - name: a\n    env: OK\n  - LEAK',
    'secrets: [{ LEAK }]',
    'secrets: LEAK',
    'kafka: { sasl: { username: u, password: LEAK } }',
    `kafka: { sasl: { password: "$\{P:-LEAK}" } }`,
    'kafka:\n  tls:\n    key: |\n      LEAK\n      LEAK\n',
    'other: "-----BEGIN PRIVATE KEY----- LEAK"',
    'client_secret: LEAK',
    'secrets: [{ env: OK }] # was LEAK',
    'secrets: [{ name: a, file: LEAKLEAK/LEAK+ }]',
    'sasl: { username: u, pasword: LEAK }',
    'secerts: [{ value: LEAK }]',
    // These do not parse.
    'password: |LEAK\n  x\n',
    'secrets:\n  - name: a\n    value: LEAK\n  bad: [',
    'a: [1\nendpoints:\n- { path: /x, secrets: [{ value: LEAK } }',
    'secrets:\n- LEAK\n- "LEAK\n',
    'secrets: LEAK: x',
    'secrets:\n  - "LEAK" y\n',
  ];
  for (const text of leaks) {
    it(JSON.stringify(text), () => {
      const masked = maskSecrets(text);
      expect(masked).not.to.contain('LEAK');
      expect(masked).to.have.length(text.length);
    });
  }

  it('leaves references and everything else as they are', () => {
    for (const text of [
      'secrets: [{ name: current, env: STRIPE_WEBHOOK_SECRET, expires: 2030-01-01T00:00:00Z }]',
      'secrets:\n  - { name: current, file: ../data/dev/stripe.secret }',
      'sasl: { password: { env: KAFKA_PASSWORD } }',
      'routes:\n  - { key: data.object.id }',
    ])
      expect(maskSecrets(text)).to.equal(text);
  });
});
