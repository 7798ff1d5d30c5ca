import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

/** From a certificate to an authority that is trusted: each is issued by the next. */
export type Path = readonly X509Certificate[];

const form = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Providers' documents have one to three; the longest path that public authorities make has four. */
const mostInDocument = 10;
const longestPath = 5;

/** The certificates in a text (PEM), in their order. Throws if one cannot be read. */
export function readCertificates(text: string, most = mostInDocument): readonly X509Certificate[] {
  return (text.match(form) ?? []).slice(0, most).map((pem) => new X509Certificate(pem));
}

let system: readonly X509Certificate[] | undefined;

/** The authorities that Node.js brings, which are Mozilla's. */
export function systemAuthorities(): readonly X509Certificate[] {
  system ??= rootCertificates.map((pem) => new X509Certificate(pem));
  return system;
}

/**
 * The way from a certificate to one of the `authorities`, by way of `others`, such that every certificate is valid
 * `now` (milliseconds since the epoch) and all but the first may issue certificates (RFC 5280, section 6.1, without
 * policies, name constraints and revocation). Undefined: there is none.
 */
export function findPath(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: number,
): Path | undefined {
  return isValid(leaf, now) ? extend([leaf], others, authorities, now) : undefined;
}

function extend(
  path: Path,
  others: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: number,
): Path | undefined {
  const last = path[path.length - 1];
  if (last === undefined || path.length === longestPath) return undefined;
  const authority = authorities.find((each) => isIssuer(each, last, now));
  if (authority !== undefined) return [...path, authority];
  for (const other of others) {
    if (path.some(({ raw }) => raw.equals(other.raw)) || !isIssuer(other, last, now)) continue;
    const found = extend([...path, other], others, authorities, now);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isIssuer(issuer: X509Certificate, of: X509Certificate, now: number): boolean {
  return of.checkIssued(issuer) && issuer.ca && isValid(issuer, now) && of.verify(issuer.publicKey);
}

/** `now`: milliseconds since the epoch. */
export function isValid({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}

/** By its DNS names, or, where it has none, by its common name (RFC 6125). */
export function isMadeOutTo({ subject, subjectAltName = '' }: X509Certificate, names: readonly RegExp[]): boolean {
  const alternative = [...subjectAltName.matchAll(/(?:^|, )DNS:([^,"]+)/g)];
  const own = alternative.length > 0 ? alternative : [...subject.matchAll(/^CN=(.*)$/gm)];
  return own.some(([, name = '']) => names.some((form) => form.test(name)));
}

/** Where a certificate says that its issuer's is (RFC 5280, section 4.2.2.1). */
export function issuerUrls({ infoAccess = '' }: X509Certificate): readonly string[] {
  return [...infoAccess.matchAll(/^CA Issuers - URI:(\S+)$/gm)].map(([, url = '']) => url);
}
