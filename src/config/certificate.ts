import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { errorText } from '../util/errors.js';
import { require } from '../util/require.js';

/** What a server shows its clients. Texts are PEM. */
export interface TlsTexts {
  /** The server's certificate, then those between it and its authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of clients. Absent: clients need no certificate. */
  readonly clientCa?: string | undefined;
}

/** Why such texts cannot be used. No message has a part of the key. */
export interface TlsFault {
  readonly part: keyof TlsTexts;
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

const pemOfCertificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, in its order. Throws where one cannot be read. */
export function readCertificates(text: string): readonly X509Certificate[] {
  return (text.match(pemOfCertificate) ?? []).map((pem) => new X509Certificate(pem));
}

/** Undefined: a server can use them. Whether the certificate has expired is not looked at. */
export function findTlsFault({ cert, key, clientCa }: TlsTexts): TlsFault | undefined {
  const [own] = tryCertificates(cert);
  if (own === undefined) {
    return {
      part: 'cert',
      message: 'This file has no certificate in PEM form',
      hint: `${asPem}; the server's own first`,
    };
  }
  const secret = tryKey(key);
  if (!('type' in secret)) return secret;
  if (!own.checkPrivateKey(secret)) {
    const message = 'The key is not that of the certificate';
    const hint = "the server's own certificate must be the first one of cert, before those of its authorities";
    return { part: 'key', message, hint };
  }
  if (clientCa !== undefined && tryCertificates(clientCa).length === 0) {
    return { part: 'clientCa', message: 'This file has no certificate in PEM form', hint: asPem };
  }
  // Most gateways do not need it.
  const { createSecureContext }: typeof import('node:tls') = require('node:tls');
  try {
    createSecureContext({ cert, key, ...(clientCa !== undefined && { ca: clientCa }) });
    return undefined;
  } catch (error) {
    const reason = errorText(error);
    return { part: 'cert', message: `OpenSSL refuses the certificate: ${reason}`, hint: 'have a new one made' };
  }
}

const asPem = 'it must have lines such as -----BEGIN CERTIFICATE-----';

function tryCertificates(text: string): readonly X509Certificate[] {
  try {
    return readCertificates(text);
  } catch {
    return [];
  }
}

function tryKey(text: string): KeyObject | TlsFault {
  if (/ENCRYPTED/.test(text)) {
    const message = 'The key is encrypted, and the gateway cannot ask for its passphrase';
    return { part: 'key', message, hint: 'openssl pkey -in KEY -out PLAIN takes the passphrase off' };
  }
  try {
    return createPrivateKey(text);
  } catch {
    const message = 'This is no private key in PEM form';
    return { part: 'key', message, hint: 'it must have lines such as -----BEGIN PRIVATE KEY-----' };
  }
}

/** Milliseconds since the epoch: from when, and before when, a certificate is valid. */
export function validityOf({ validFrom, validTo }: X509Certificate): { readonly from: number; readonly until: number } {
  return { from: Date.parse(validFrom), until: Date.parse(validTo) };
}

/** When the first certificate of a PEM text stops being valid: milliseconds since the epoch. */
export function expiryOf(text: string): number | undefined {
  const [own] = tryCertificates(text);
  return own && validityOf(own).until;
}
