import { expect } from 'chai';
import fc from 'fast-check';
import { PublishError } from '../../../../src/core/model.js';
import { FrameReader } from '../../../../src/kafka/connection/frames.js';

function frame(body: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(body.length);
  return Buffer.concat([head, body]);
}

describe('answers of a broker', () => {
  it('are the same however they are cut', () =>
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 4, maxLength: 40 }), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (bodies, cuts) => {
          const bytes = Buffer.concat(bodies.map(frame));
          const reader = new FrameReader();
          const read: Buffer[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const end = at + (cuts[turn % cuts.length] ?? 1);
            read.push(...reader.push(bytes.subarray(at, end)));
            at = end;
          }
          expect(read.map((body) => body.toString('hex'))).to.deep.equal(
            bodies.map((body) => Buffer.from(body).toString('hex')),
          );
        },
      ),
    ));

  const others: readonly (readonly [what: string, bytes: Buffer, said: string])[] = [
    ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n'), 'a web server answers'],
    ['an alert of TLS', Buffer.from([0x15, 3, 3, 0, 2, 2, 80]), 'the listener speaks TLS, and kafka.tls is not set'],
    ['an endless answer', Buffer.from([0x7f, 0xff, 0xff, 0xff]), 'an answer of 2147483647 bytes'],
    ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xff]), 'an answer of -1 bytes'],
    ['an answer to nothing', Buffer.from([0, 0, 0, 3]), 'an answer of 3 bytes'],
  ];
  for (const [what, bytes, said] of others) {
    it(`are not what ${what} sends`, () => {
      expect(() => new FrameReader().push(bytes)).to.throw(PublishError, said);
    });
  }
});
