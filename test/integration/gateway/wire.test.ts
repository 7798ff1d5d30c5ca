import { expect } from 'chai';
import { RawConnection } from '../../support/raw-http.js';
import { bodyLimit, event, mark, runStripe, secrets, sign } from './stripe.js';

const body = event();

describe('the gateway with the Stripe plugin, byte for byte on the wire', () => {
  let gateway: Awaited<ReturnType<typeof runStripe>>;
  const opened: RawConnection[] = [];

  beforeEach(async () => {
    gateway = await runStripe();
  });
  afterEach(async () => {
    for (const connection of opened.splice(0)) connection.cut();
    await gateway.close();
    for (const secret of [mark, ...Object.values(secrets)]) expect(gateway.log.text).not.to.include(secret);
  });

  /** A request with a content type and a good signature; `lines` are its further header lines. */
  function open(lines: readonly string[], content: string | Buffer = body): RawConnection {
    const head = ['POST /webhooks/stripe HTTP/1.1', 'Host: x', 'Content-Type: application/json'];
    const connection = new RawConnection(gateway.url);
    opened.push(connection);
    return connection.write([...head, `Stripe-Signature: ${sign(content)}`, ...lines, '', ''].join('\r\n'));
  }
  const length = (content: string | Buffer) => `Content-Length: ${Buffer.byteLength(content)}`;
  const nothingPublished = () => expect(gateway.publisher.records).to.deep.equal([]);

  it('takes an event in chunks of one byte', async () => {
    const connection = open(['Transfer-Encoding: chunked']);
    for (const byte of body) connection.write(`1\r\n${byte}\r\n`);
    expect((await connection.write('0\r\n\r\n').answer()).status).to.equal(200);
    expect(String(gateway.publisher.records[0]?.value)).to.equal(body);
  });

  it('asks for the body after Expect: 100-continue, and takes it', async () => {
    const connection = open([length(body), 'Expect: 100-continue']);
    await connection.until(/^HTTP\/1\.1 100 Continue/);
    expect((await connection.write(body).answer()).status).to.equal(200);
    expect(gateway.publisher.records).to.have.length(1);
  });

  it('takes what has exactly the size of the limit', async () => {
    const padded = body.padEnd(bodyLimit);
    expect(
      (
        await open([length(padded)], padded)
          .write(padded)
          .answer()
      ).status,
    ).to.equal(200);
    expect(gateway.publisher.records[0]?.value).to.have.length(bodyLimit);
  });

  it('refuses what is a byte larger, said in advance or not, and closes', async () => {
    const padded = body.padEnd(bodyLimit + 1);
    for (const framing of [length(padded), 'Transfer-Encoding: chunked']) {
      const connection = open([framing], padded);
      if (framing.startsWith('Transfer')) connection.write(`${padded.length.toString(16)}\r\n`);
      const { status, headers, body: text } = await connection.write(padded).answer();
      expect([status, headers.connection]).to.deep.equal([413, 'close']);
      expect(JSON.parse(text)).to.deep.equal({ status: 'rejected', error: 'body_too_large' });
      connection.write('\r\n0\r\n\r\n').end();
      await connection.closed();
    }
    nothingPublished();
  });

  it('gives up on a slow body', async () => {
    const connection = open([length(body)]).write(body.slice(0, 20));
    const { status, headers } = await connection.answer();
    expect([status, headers.connection]).to.deep.equal([408, 'close']);
    connection.end();
    await connection.closed();
    nothingPublished();
  });

  it('publishes nothing of a cut connection', async () => {
    const connection = open([length(body), 'Expect: 100-continue']);
    await connection.until(/100 Continue/);
    connection.write(body.slice(0, -1)).cut();
    while (!gateway.log.text.includes('body_aborted')) await new Promise(setImmediate);
    nothingPublished();
  });

  it('publishes nothing where two readers could see two bodies', async () => {
    const smuggling = [
      [length(body), `Content-Length: ${body.length + 1}`],
      [length(body), 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked, identity'],
    ];
    for (const lines of smuggling) {
      expect((await open(lines).write(body).answer()).status, lines.join()).to.equal(400);
    }
    nothingPublished();
  });
});
