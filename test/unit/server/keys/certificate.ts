import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Identity {
  /** PEM. */
  readonly cert: string;
  readonly key: KeyObject;
  readonly name: string;
}

interface Wanted {
  readonly name: string;
  /** Absent: it signs itself. */
  readonly issuer?: Identity;
  /** Milliseconds since the epoch. */
  readonly expires?: number;
  /** Milliseconds since the epoch; default: 2020. */
  readonly begins?: number;
  /** May sign others. */
  readonly authority?: boolean;
  /** The URL of the issuer's certificate, as the certificate says it. */
  readonly issuerAt?: string;
}

const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
let serial = 1;

/** A certificate of version 3 (RFC 5280) for a host's name, with a key of its own. */
export function certify(wanted: Wanted): Identity {
  const { name, issuer, expires = Date.now() + 86_400_000, begins = Date.UTC(2020, 0), authority = false } = wanted;
  const { publicKey, privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = sequence(tlv(0x82, Buffer.from(name)));
  const extensions = sequence(
    sequence(oid(0x55, 0x1d, 0x11), tlv(0x04, names)),
    sequence(oid(0x55, 0x1d, 0x13), tlv(0x04, authority ? sequence(tlv(0x01, Buffer.of(0xff))) : sequence())),
    ...(wanted.issuerAt === undefined ? [] : [issuerAccess(wanted.issuerAt)]),
  );
  const content = sequence(
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    tlv(0x02, Buffer.of(serial++)),
    ecdsaWithSha256,
    distinguished(issuer?.name ?? name),
    sequence(time(begins), time(expires)),
    distinguished(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, extensions),
  );
  const signature = sign('sha256', content, issuer?.key ?? key);
  const der = sequence(content, ecdsaWithSha256, tlv(0x03, Buffer.concat([Buffer.of(0), signature])));
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key, name };
}

/** Authority information access (RFC 5280, section 4.2.2.1). */
function issuerAccess(url: string): Buffer {
  const access = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07];
  const description = sequence(oid(...access, 0x30, 0x02), tlv(0x86, Buffer.from(url)));
  return sequence(oid(...access, 0x01, 0x01), tlv(0x04, sequence(description)));
}

function distinguished(name: string): Buffer {
  return sequence(tlv(0x31, sequence(oid(0x55, 0x04, 0x03), tlv(0x0c, Buffer.from(name)))));
}

/** UTCTime. */
function time(milliseconds: number): Buffer {
  const text = new Date(milliseconds)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2);
  return tlv(0x17, Buffer.from(text));
}

function oid(...bytes: readonly number[]): Buffer {
  return tlv(0x06, Buffer.from(bytes));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

/** Tag, length, value (X.690, DER). */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), value]);
}
