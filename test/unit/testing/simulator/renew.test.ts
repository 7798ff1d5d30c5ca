import { expect } from 'chai';
import { renewAt } from '../../../../src/testing/simulator/renew.js';
import { parsePath } from '../../../../src/util/json/paths.js';

function renewed(root: unknown, path: string): unknown {
  return renewAt(root, parsePath(path), () => '$& new');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const xml = '<?xml version="1.0"?><n><id type="a">old</id><other>older</other></n>';

describe('a value that is made again', () => {
  it('may stand in a text that is JSON, and in the base64 of one', () => {
    expect(renewed({ p: '{"a":{"b":1},"c":[1.5]}' }, 'p.a.b')).to.deep.equal({ p: '{"a":{"b":"$& new"},"c":[1.5]}' });
    expect(renewed({ p: base64('{"a":"é"}'), q: 1 }, 'p|unbase64.a')).to.deep.equal({
      p: base64('{"a":"$& new"}'),
      q: 1,
    });
    expect(renewed({ p: `{"a":${JSON.stringify('{"b":1}')}}` }, 'p.a.b')).to.deep.equal({
      p: `{"a":${JSON.stringify('{"b":"$& new"}')}}`,
    });
  });

  it('may stand in XML, which stays as it was otherwise', () => {
    expect(renewed(xml, 'n.id.#text')).to.equal(xml.replace('>old<', () => '>$& new<'));
    const lines = base64(xml).replace(/(.{20})/g, '$1\n');
    expect(renewed({ p: lines }, 'p|unbase64.n.id.#text')).to.deep.equal({
      p: base64(xml.replace('>old<', () => '>$& new<')),
    });
  });

  it('changes nothing where the path leads nowhere', () => {
    for (const root of [{ p: 'no document' }, { p: '{"b":1}' }, { p: '<x' }, { p: '<p><b>1</b></p>' }, { p: 7 }, {}]) {
      expect(renewed(structuredClone(root), 'p.a')).to.deep.equal(root);
    }
    expect(renewed({ p: null }, 'p')).to.deep.equal({ p: null });
    expect(renewed({ p: 7 }, 'p|unbase64.a')).to.deep.equal({ p: 7 });
    expect(renewed(JSON.parse('{"a":1}'), '__proto__.a')).to.deep.equal({ a: 1 });
  });
});
