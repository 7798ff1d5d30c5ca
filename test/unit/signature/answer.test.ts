import { expect } from 'chai';
import type { CustomAnswer, Fault } from '../../../src/core/model.js';
import { compileAnswer } from '../../../src/signature/answer.js';
import { deliveryOf } from './support.js';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

function declared(body: string): CustomAnswer {
  return { status: 200, type: 'text/plain', body };
}

function written(body: string, sent: string, headers: object = form): string | undefined {
  const { answer, faults } = compileAnswer(declared(body), { params: [] });
  expect(faults).to.deep.equal([]);
  return answer(deliveryOf(Buffer.from(sent), { ...headers }))?.body;
}

function faultsOf(body: string): readonly Fault[] {
  return compileAnswer(declared(body), { params: [] }).faults;
}

describe('the answer of a plugin', () => {
  for (const body of ['[accepted]', '{"ok": true}', '<Response/>', '', '{}', '{ok}']) {
    it(`"${body}" is taken as it is`, () => expect(written(body, 'a=1')).to.equal(body));
  }

  it('is filled from the delivery', () => {
    expect(written('OK{form.InvId}', 'InvId=17&a=1')).to.equal('OK17');
    expect(written('{json:/id}{header.x-more}', '{"id":7}', { 'x-more': '!' })).to.equal('7!');
    expect(written('OK[{form.more}]', 'a=1')).to.equal('OK');
  });

  it("isn't given where the delivery lacks a value, or can't be read", () => {
    expect(written('OK{form.InvId}', 'a=1')).to.equal(undefined);
    expect(written('OK{json:/id}', 'no json', {})).to.equal(undefined);
  });

  it("complains of unknown sources, and of those that are nobody else's", () => {
    expect(faultsOf('OK{from.InvId}')[0]).to.include({ rule: 'signature-template', pointer: '/answer/body' });
    for (const body of ['{secret.key}{form.a}', '{sig.t}', '{form.a}{raw}', '{item:/id}']) {
      expect(
        faultsOf(body).map(({ rule }) => rule),
        body,
      ).to.include('signature-invalid');
    }
    expect(faultsOf('{form.a|hmac-sha256}')).to.have.length(1);
  });
});
