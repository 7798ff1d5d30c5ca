import { readCertificates, validityOf } from '../../config/certificate.js';
import type { TlsSettings } from '../../config/settings.js';
import { type Finding, fail, ok, warning } from './finding.js';

const day = 24 * 60 * 60 * 1000;
/** Days before the end of a certificate at which those are late who renew it by themselves. */
const late = 14;

/** Whether clients can trust the certificate of the public server. `now`: milliseconds since the epoch. */
export function examineTls({ cert }: Pick<TlsSettings, 'cert'>, now: number): Finding {
  const id = 'tls server.tls';
  const [own, ...others] = readCertificates(cert);
  if (own === undefined) return fail(id, 'cert has no certificate', 'see server.tls.cert');
  const { from, until } = validityOf(own);
  const days = Math.floor((until - now) / day);
  const text = `the certificate of ${namesOf(own.subject, own.subjectAltName)} is valid until ${toDay(until)}`;
  if (now < from) return fail(id, `the certificate is not valid before ${toDay(from)}`, 'see the clock, or wait');
  if (days < 0) return fail(id, `the certificate expired on ${toDay(until)}`, renew);
  if (days < late) return warning(id, `${text}, ${days} days from now`, renew);
  if (others.length === 0 && own.issuer !== own.subject) {
    const alone = `${text}; no other certificate is in the file`;
    return warning(
      id,
      alone,
      `if ${oneLine(own.issuer)} is not a root, add its certificate: providers do not look for it`,
    );
  }
  return ok(id, `${text}, ${days} days from now`);
}

const renew = 'put a new one in its place: it is taken without a restart';

function namesOf(subject: string, alternatives: string | undefined): string {
  return (alternatives ?? oneLine(subject)).replace(/DNS:|IP Address:/g, '');
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}

function toDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
