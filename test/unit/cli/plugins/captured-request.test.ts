import { expect } from 'chai';
import fc from 'fast-check';
import { readRequest } from '../../../../src/testing/diagnosis/captured-request.js';

describe('a captured request', () => {
  it('is read from HTTP, byte for byte', () => {
    const body = Buffer.from([0x7b, 0xff, 0x0d, 0x0a, 0x7d]);
    const head = 'POST https://example.com/in?a=1 HTTP/1.1\r\nHost: example.com\r\nX-A: 1\r\nx-a:2\r\n\r\n';
    expect(readRequest(Buffer.concat([Buffer.from(head), body]))).to.deep.equal({
      method: 'POST',
      target: '/in?a=1',
      body,
      notes: [],
      headers: { host: ['example.com'], 'x-a': ['1', '2'] },
    });
  });

  it('takes LF for CRLF, and no body', () => {
    expect(readRequest(Buffer.from('GET /?x=1\nA: b\n\n'))).to.deep.include({ target: '/?x=1', body: Buffer.alloc(0) });
    expect(readRequest(Buffer.from('GET /?x=1\nA: b'))).to.deep.include({ headers: { a: ['b'] } });
  });

  it('holds the body against Content-Length', () => {
    const head = 'POST / HTTP/1.1\nContent-Length: 2\n\n';
    const longer = readRequest(Buffer.from(`${head}{}\n`));
    expect(longer.body.toString()).to.equal('{}');
    expect(longer.notes).to.have.length(1);
    expect(readRequest(Buffer.from(`${head}{`)).notes[0]).to.contain('Content-Length says 2');
  });

  it('is read from JSON', () => {
    const request = { method: 'POST', url: 'https://example.com/in', headers: { 'X-A': ['1', '2'], B: '3' } };
    const read = readRequest(Buffer.from(JSON.stringify({ ...request, body: '{"a":1}' })));
    expect(read).to.deep.include({ target: '/in', headers: { 'x-a': ['1', '2'], b: ['3'] } });
    expect(read.body.toString()).to.equal('{"a":1}');
    const encoded = readRequest(Buffer.from(JSON.stringify({ ...request, body_base64: '/w==' })));
    expect(encoded.body).to.deep.equal(Buffer.from([0xff]));
  });

  for (const [text, message] of [
    ['{"headers": {}, "body": {"a": 1}}', /must be the text of the body/],
    ['{"headers": 1}', /\/headers must be object/],
    ['{nope', /is not JSON/],
    ['nope', /must begin with a request line/],
    ['POST / HTTP/1.1\nno header\n\n', /line 2 is not a header/],
  ] as const) {
    it(`says what is wrong with ${text.slice(0, 20)}`, () => {
      expect(() => readRequest(Buffer.from(text))).to.throw(message);
    });
  }

  it('fails with a message of its own, whatever the file', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readRequest(Buffer.from(bytes));
        } catch (error) {
          expect(error).to.be.an.instanceOf(Error).and.not.to.be.an.instanceOf(TypeError);
        }
      }),
    );
  });
});
