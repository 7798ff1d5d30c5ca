import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { type FreshPaths, freshen } from '../../../../src/testing/simulator/freshen.js';
import { parseExactly } from '../../../../src/util/json/parse.js';
import { writeJson } from '../../../../src/util/json/write.js';

const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const random = (limit: number): number => randomInt(limit);

function freshenPayload(payload: unknown, fresh: FreshPaths, items?: string): unknown {
  return freshen({ headers: {}, payload }, fresh, items, now, random).payload;
}

describe('simulate/freshen', () => {
  it('keeps the shape of identifiers', () => {
    const fresh: FreshPaths = { a: 'id', b: 'id', c: 'id', d: 'id', e: 'id' };
    const payload = {
      a: 'evt_1NG8Du2eZvKYlo2C',
      b: 'pm_test_abcdef',
      c: '7914073381342284',
      d: 8837401,
      e: 'AB-12/cd',
    };
    const made = freshenPayload(payload, fresh);
    expect(made)
      .to.have.property('a')
      .that.matches(/^evt_[A-Za-z0-9]{16}$/);
    expect(made)
      .to.have.property('b')
      .that.matches(/^pm_test_[a-z]{6}$/);
    expect(made)
      .to.have.property('c')
      .that.matches(/^[1-9][0-9]{15}$/);
    expect(made)
      .to.have.property('d')
      .that.satisfies((value: unknown) => /^[1-9][0-9]{6}$/.test(String(value)));
    expect(made)
      .to.have.property('e')
      .that.matches(/^[A-Za-z0-9]{2}-[A-Za-z0-9]{2}\/[A-Za-z0-9]{2}$/);
    expect(made).not.to.deep.equal(payload);
  });

  it('keeps the digits of numbers, and makes others of the same length', () => {
    const payload = parseExactly('{"a":820982911946154508,"b":-12345678901234567890,"c":10000.00,"d":1.0}');
    const made = writeJson(freshenPayload(payload, { a: 'id', b: 'id', d: 'id' }));
    expect(made).to.match(/^\{"a":[1-9]\d{17},"b":-[1-9]\d{19},"c":10000\.00,"d":[1-9]\}$/);
    expect(made).not.to.include('820982911946154508');
  });

  it('makes UUIDs and times, in the form that the example has', () => {
    const fresh: FreshPaths = { u: 'uuid', s: 'seconds', t: 'seconds', r: 'seconds', m: 'milliseconds', i: 'iso8601' };
    const made = freshenPayload({ u: '-', s: 1, t: '1', r: '2024-09-26T17:46:22.134Z', m: 1, i: '-' }, fresh);
    expect(made)
      .to.have.property('u')
      .that.matches(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(made).to.deep.include({
      s: now / 1000 - 0.678,
      t: '1767323045',
      m: now,
      r: '2026-01-02T03:04:05.678Z',
      i: '2026-01-02T03:04:05.678Z',
    });
  });

  it('reaches each item of a batch, and headers', () => {
    const made = freshen(
      {
        headers: { 'x-id': 'msg_a1b2c3d4', other: 'same' },
        payload: { items: [{ id: 'evt_aaaa' }, { id: 'evt_aaaa' }] },
      },
      { id: 'id', '$headers.x-id': 'id', '$headers.absent': 'uuid' },
      '/items/*',
      now,
      random,
    );
    expect(made.headers).to.have.all.keys('x-id', 'other');
    expect(made.headers['x-id'])
      .to.match(/^msg_[a-z0-9]{8}$/)
      .and.not.equal('msg_a1b2c3d4');
    expect(made.headers.other).to.equal('same');
    expect(JSON.stringify(made.payload)).to.match(/^\{"items":\[\{"id":"evt_[a-z]{4}"\},\{"id":"evt_[a-z]{4}"\}\]\}$/);
  });

  it('leaves out what the example lacks, and the example itself alone', () => {
    const payload = { object: null, type: 'a' };
    expect(freshenPayload(payload, { 'data.object.id': 'id', object: 'id' })).to.deep.equal(payload);
    const kept = { id: 'evt_0123456789abcdef' };
    freshenPayload(kept, { id: 'id' });
    expect(kept).to.deep.equal({ id: 'evt_0123456789abcdef' });
  });

  it('changes nothing but what it is told to', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const made = freshenPayload({ id: 'evt_0000000000000000', value }, { id: 'id' });
        expect(made).to.deep.include({ value });
      }),
    );
  });

  it('makes no identifier twice among tens of thousands', () => {
    const ids = new Set<unknown>();
    for (let made = 0; made < 20_000; made++)
      ids.add(JSON.stringify(freshenPayload({ id: 'evt_00000000000000' }, { id: 'id' })));
    expect(ids.size).to.equal(20_000);
  });
});
