import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { type KafkaSettings, Redacted } from '../../../../src/config/settings.js';
import { PublishError } from '../../../../src/core/model.js';
import { type Cursor, readWhole } from '../../../../src/kafka/connection/cursor.js';
import { readMetadata, readMetadataWithIds } from '../../../../src/kafka/connection/metadata.js';
import { decodeProduce } from '../../../../src/kafka/connection/produce.js';
import { readCreateTopics, readDescribeLimits } from '../../../../src/kafka/connection/topics.js';
import { BrokerConnection } from '../../../../src/kafka/wire/broker-connection.js';

const readers: readonly ((cursor: Cursor) => unknown)[] = [
  readMetadata,
  readMetadataWithIds,
  readCreateTopics,
  readDescribeLimits,
];

describe('answers that are not whole', () => {
  it('are faults, and are read in no time', function () {
    this.timeout(20_000);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const body = Buffer.from(bytes);
        for (const read of [...readers.map((reader) => () => readWhole(body, reader)), () => decodeProduce(body, 7)]) {
          try {
            read();
          } catch (error) {
            expect(error).to.be.instanceOf(PublishError);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('cannot lead backwards, or have more in a list than there is', () => {
    const backwards = Buffer.from('7fffffff0000fffe', 'hex');
    const read = (cursor: Cursor) => cursor.readList(() => cursor.skip(cursor.readInt16()));
    expect(() => readWhole(backwards, read)).to.throw(PublishError, 'not whole');
    const many = Buffer.from('7fffffff', 'hex');
    expect(() => readWhole(many, (cursor: Cursor) => cursor.readList(() => cursor.readInt32()))).to.throw(PublishError);
  });

  it('have no partition that a list cannot hold', () => {
    // No brokers, no cluster, no controller; a topic "a" with partition 2^31 - 1.
    const body = `00000000 00000000 ffff ffffffff 00000001 0000 000161 00 00000001 0000 7fffffff 00000001 ${'00000000 '.repeat(3)}`;
    expect(() => readWhole(Buffer.from(body.replaceAll(' ', ''), 'hex'), readMetadata)).to.throw(
      PublishError,
      'not whole',
    );
  });
});

/** A listener that answers each request with what `answer` makes of its API key; undefined: nothing. */
async function listen(answer: (apiKey: number, socket: Socket) => Buffer | undefined) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (request) => {
      const body = answer(request.readInt16BE(4), socket);
      if (body === undefined) return;
      const head = Buffer.alloc(8);
      head.writeInt32BE(body.length + 4, 0);
      request.copy(head, 4, 8, 12);
      socket.write(Buffer.concat([head, body]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: typeof address === 'object' && address ? address.port : 0, close };
}

const plain = { mechanism: 'plain', username: 'app', password: new Redacted('app-secret') } as const;

function settingsOf(changes: Partial<KafkaSettings> = {}): KafkaSettings {
  return {
    ...({ kind: 'kafka', brokers: [], clientId: 'test', idempotent: true } as const),
    topics: { create: 'never', partitions: 1, replicationFactor: 1 },
    spool: { dir: '/nowhere', maxBytes: 0 },
    ...changes,
  };
}

/** Of ApiVersions: no error, and each of these APIs in these versions. */
function versions(...apis: readonly (readonly [key: number, min: number, max: number])[]): Buffer {
  const body = Buffer.alloc(6 + apis.length * 6);
  body.writeInt32BE(apis.length, 2);
  for (const [index, api] of apis.entries())
    for (const [at, value] of api.entries()) body.writeInt16BE(value, 6 + index * 6 + at * 2);
  return body;
}

describe('a broker that is none, or does not do as it should', () => {
  const login = versions([3, 5, 6], [17, 1, 1], [36, 0, 1]);
  const accepted = Buffer.from('0000 00000000'.replace(' ', ''), 'hex');
  const cases: readonly (readonly [
    what: string,
    answer: (apiKey: number, socket: Socket) => Buffer | undefined,
    changes: Partial<KafkaSettings>,
    reason: string,
    said: RegExp,
  ])[] = [
    ['ends the connection', (_, socket) => void socket.destroy(), {}, 'CONNECTION_CLOSED', /closed the connection/],
    ['does not answer', () => undefined, {}, 'REQUEST_TIMEOUT', /does not answer/],
    [
      'does not answer to TLS',
      () => undefined,
      { tls: { rejectUnauthorized: true } },
      'CONNECTION_TIMEOUT',
      /no connection in time/,
    ],
    [
      'is a web server',
      (_, socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      {},
      'UNEXPECTED',
      /web server/,
    ],
    [
      'has no such versions',
      () => versions([3, 0, 1]),
      {},
      'UNSUPPORTED_VERSION',
      /version 0 to 1 of Metadata.*Kafka 2\.1/,
    ],
    [
      'does not say which versions it has',
      () => Buffer.from('002300000000', 'hex'),
      {},
      'UNSUPPORTED_VERSION',
      /UNSUPPORTED_VERSION/,
    ],
    ['counts more versions than there are', () => Buffer.from('00007fffffff', 'hex'), {}, 'UNEXPECTED', /not whole/],
    ['has no login', () => versions([3, 5, 6]), { sasl: plain }, 'UNSUPPORTED_VERSION', /none of SaslHandshake/],
    [
      'does not take the mechanism',
      (key) => (key === 18 ? login : Buffer.from('0021000000010005474f4f4445', 'hex')),
      { sasl: plain },
      'UNSUPPORTED_SASL_MECHANISM',
      /does not offer the mechanism/,
    ],
    [
      'refuses the password',
      (key) =>
        key === 18 ? login : key === 17 ? accepted : Buffer.from('003a00026e6f000000000000000000000000', 'hex'),
      { sasl: plain },
      'SASL_AUTHENTICATION_FAILED',
      /user name or password is wrong/,
    ],
    [
      'answers the login with nothing',
      (key) => (key === 18 ? login : key === 17 ? accepted : Buffer.alloc(0)),
      { sasl: plain },
      'UNEXPECTED',
      /not whole/,
    ],
    [
      'answers the first message of SCRAM with success',
      (key) => (key === 18 ? login : key === 17 ? accepted : Buffer.from('0000ffff000000000000000000000000', 'hex')),
      { sasl: { ...plain, mechanism: 'scram-sha-256' } },
      'UNEXPECTED',
      /no challenge/,
    ],
  ];
  for (const [what, answer, changes, reason, said] of cases) {
    it(`${what}: an error that says so`, async () => {
      const { port, close } = await listen(answer);
      const connection = new BrokerConnection(settingsOf(changes), { host: '127.0.0.1', port });
      const fault = await connection.opened
        .then(() => connection.ask((each) => each.describe([])))
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      connection.close();
      close();
      expect(fault).to.be.instanceOf(PublishError).and.to.include({ reason });
      expect(String(fault)).to.match(said).and.not.include('app-secret');
    });
  }

  it('ends a session: another connection is due before that', async () => {
    const session = Buffer.from('0000ffff0000000000000000000001f4', 'hex');
    const { port, close } = await listen((key) => (key === 18 ? login : key === 17 ? accepted : session));
    const connection = new BrokerConnection(settingsOf({ sasl: plain }), { host: '127.0.0.1', port });
    await connection.opened;
    expect(connection.due).to.equal(false);
    await new Promise((resolve) => setTimeout(resolve, 420));
    expect(connection.due).to.equal(true);
    expect(connection.alive).to.equal(true);
    connection.close();
    close();
  });
});
