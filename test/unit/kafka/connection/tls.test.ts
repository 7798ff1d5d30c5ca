import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { expect } from 'chai';
import { type KafkaSettings, Redacted } from '../../../../src/config/settings.js';
import { WireClient } from '../../../../src/kafka/wire/client.js';
import { certify, type Identity } from '../../server/keys/certificate.js';

const past = Date.UTC(2026, 0, 2, 3, 4, 5);

const authority = certify({ name: 'Test CA', authority: true });
const former = certify({ name: 'Former CA', authority: true, expires: past });
const broker = certify({ name: 'localhost', issuer: authority });
const late = certify({ name: 'localhost', issuer: authority, expires: past });
const byFormer = certify({ name: 'localhost', issuer: former });
const lateGateway = certify({ name: 'the-gateway', issuer: authority, expires: past });

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function secure({ cert, key }: Identity, more: TlsOptions = {}): Server {
  return createTlsServer({ cert, key: pem(key), ...more }, (socket) => socket.on('error', () => undefined));
}

function plain(onData: (socket: Socket) => unknown): Server {
  return createServer((socket) => socket.on('error', () => undefined).on('data', () => onData(socket)));
}

const mutual = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };
const ca = authority.cert;
const own = { ca, cert: lateGateway.cert, key: new Redacted(pem(lateGateway.key)) };
const expired = 'expired on 2026-01-02T03:04:05.000Z';

const cases: readonly (readonly [
  what: string,
  serve: () => Server,
  tls: Omit<NonNullable<KafkaSettings['tls']>, 'rejectUnauthorized'>,
  said: string,
])[] = [
  [
    "the broker's certificate has expired",
    () => secure(late),
    { ca },
    `the broker's certificate (CN=localhost) ${expired}: renew it on the broker (CERT_HAS_EXPIRED)`,
  ],
  [
    "the authority's certificate has expired",
    () => secure(byFormer),
    { ca: former.cert },
    `the certificate of the authority (CN=Former CA) that signed the broker's ${expired}: renew it on the broker, and in kafka.tls.ca (CERT_HAS_EXPIRED)`,
  ],
  ...(['TLSv1.2', 'TLSv1.3'] as const).map(
    (version) =>
      [
        `the gateway's own certificate has expired (${version})`,
        () => secure(broker, { ...mutual, minVersion: version, maxVersion: version }),
        own,
        `the gateway's own certificate (kafka.tls.cert, CN=the-gateway) ${expired}: renew it and restart the gateway`,
      ] as const,
  ),
  [
    'the broker wants a certificate, and there is none',
    () => secure(broker, mutual),
    { ca },
    'the broker wants a certificate of the gateway: see kafka.tls.cert and key',
  ],
  [
    'the broker speaks plaintext',
    () => plain((socket) => socket.destroy()),
    { ca },
    'the broker ended the connection before TLS was agreed on: the listener does not speak TLS',
  ],
  [
    'something else listens',
    () => plain((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    { ca },
    'the listener does not speak TLS: see the ports in kafka.brokers, or leave out kafka.tls (ERR_SSL_WRONG_VERSION_NUMBER)',
  ],
  [
    'nothing listens, whatever the certificate is',
    () => createServer(),
    own,
    'nothing listens there: see kafka.brokers, or start Kafka (ECONNREFUSED)',
  ],
];

describe('a connection with TLS that fails', () => {
  for (const [what, serve, tls, said] of cases) {
    it(`says that ${what}`, async () => {
      const server = serve();
      server.on('tlsClientError', () => undefined).listen(0, 'localhost');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      if (said.includes('ECONNREFUSED')) server.close();
      const details: string[] = [];
      const settings: KafkaSettings = {
        kind: 'kafka',
        brokers: [`localhost:${port}`],
        clientId: 'test',
        idempotent: true,
        topics: { create: 'never', partitions: 1, replicationFactor: 1 },
        spool: { dir: '/nowhere', maxBytes: 0 },
        tls: { rejectUnauthorized: true, ...tls },
      };
      let tell: () => void = () => undefined;
      const told = new Promise<void>((resolve) => (tell = resolve));
      const log = (_level: string, message: string, { detail }: { readonly detail?: unknown }) => {
        if (message === 'no connection to Kafka') details.push(String(detail));
        tell();
      };
      const client = new WireClient(settings, { topics: [], largest: 1, log });
      void client.connect(0);
      await told;
      await client.close();
      if (server.listening) server.close();
      expect(details[0]).to.include(`Kafka is not available: ${said}`);
      expect(details.join()).not.to.include('PRIVATE');
    });
  }
});
