import { expect } from 'chai';
import { compileRule } from '../../../../src/core/rules/compile.js';

describe('the headers that a rule reads', () => {
  const rows: [string, string[]][] = [
    ['id', []],
    ['$headers."x-github-event"', ['x-github-event']],
    ['$headers.`X-Event` & "." & action', ['x-event']],
    ['$headers.a ? $headers.b : $headers.a', ['a', 'b']],
    ['$lookup($headers, "a")', []],
  ];
  for (const [source, headers] of rows) {
    it(`of ${source} are ${headers.join(', ') || 'none'}`, () => {
      expect([...(compileRule(source).rule?.headers ?? [])].sort()).to.deep.equal(headers);
    });
  }

  it('are bound for it', async () => {
    const bindings = { headers: { a: '1' }, endpoint: { name: 'n', path: '/n' }, deliveryId: 'dl1', digest: 'd1' };
    expect(await compileRule('$lookup($headers, "a") & $endpoint.name').rule?.evaluate({}, bindings)).to.equal('1n');
  });
});
