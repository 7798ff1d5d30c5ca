import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';
import type { KafkaSettings } from '../../config/settings.js';
import { PublishError } from '../../core/model.js';

/** What is known when a connection with TLS could not be opened. */
interface Handshake {
  readonly tls: KafkaSettings['tls'];
  /** What the broker showed, with the certificates above it; absent: it did not come to that. */
  readonly peer: DetailedPeerCertificate | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface Dated {
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Reasons that a client's certificate can have. */
const mayBeOwn = /^(CONNECTION_CLOSED|ECONNRESET|EPIPE)$|ALERT/;

/**
 * The fault, with the certificate that is out of its time, if there is one: whose it is, since when, and what to do. A broker that
 * does not take a client's certificate mostly ends the connection without a word, so those of the settings are looked at, too.
 */
export function explainCertificates(fault: PublishError, { tls, peer, now }: Handshake): PublishError {
  if (tls === undefined) return fault;
  const text = explainPeer(peer, tls, now) ?? (mayBeOwn.test(fault.reason) ? explainOwn(tls, now) : undefined);
  if (text === undefined) return fault;
  return new PublishError('unavailable', fault.reason, `Kafka is not available: ${text} (${fault.reason})`, {
    cause: fault,
  });
}

function explainOwn({ cert }: NonNullable<KafkaSettings['tls']>, now: number): string | undefined {
  const [own] = readCertificates(cert);
  const when = own && untimely(own, now);
  if (own === undefined || when === undefined) return undefined;
  return `the gateway's own certificate (kafka.tls.cert, ${own.subject}) ${when}: renew it and restart the gateway`;
}

function explainPeer(
  peer: DetailedPeerCertificate | undefined,
  { ca, rejectUnauthorized }: NonNullable<KafkaSettings['tls']>,
  now: number,
): string | undefined {
  if (!rejectUnauthorized) return undefined;
  for (const [depth, each] of listChain(peer).entries()) {
    const when = untimely(each, now);
    if (when === undefined) continue;
    if (depth === 0) return `the broker's certificate (${each.subject}) ${when}: renew it on the broker`;
    const where = ca === undefined ? 'on the broker' : 'on the broker, and in kafka.tls.ca';
    return `the certificate of the authority (${each.subject}) that signed the broker's ${when}: renew it ${where}`;
  }
  return undefined;
}

function untimely({ from, to }: Dated, now: number): string | undefined {
  if (now > to) return `expired on ${new Date(to).toISOString()}`;
  if (now < from) return `is not valid before ${new Date(from).toISOString()} (compare the clocks)`;
  return undefined;
}

/** From the broker's own upwards. One that signs itself is its own issuer. */
function listChain(peer: DetailedPeerCertificate | undefined): readonly Dated[] {
  const chain = new Map<string, Dated>();
  for (let at = peer; at?.valid_to !== undefined && !chain.has(at.fingerprint256); at = at.issuerCertificate) {
    const subject = Object.entries(at.subject ?? {}).map(([name, value]) => `${name}=${[value].flat().join('+')}`);
    chain.set(at.fingerprint256, {
      subject: subject.join(', '),
      from: Date.parse(at.valid_from),
      to: Date.parse(at.valid_to),
    });
  }
  return [...chain.values()];
}

/** Of a PEM text; none if it can't be read, which TLS itself says. */
function readCertificates(pem = ''): readonly Dated[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      const { subject, validFrom, validTo } = new X509Certificate(block);
      return [{ subject: subject.replaceAll('\n', ', '), from: Date.parse(validFrom), to: Date.parse(validTo) }];
    } catch {
      return [];
    }
  });
}
