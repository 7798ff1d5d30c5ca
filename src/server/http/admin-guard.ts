import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP, isIPv4 } from 'node:net';

export interface AdminAccess {
  /** Where the admin server listens. */
  readonly listen: { readonly host: string } | { readonly path: string };
  /** Names that it is asked by, beside those of this machine. */
  readonly hosts?: readonly string[];
  /** Absent: nobody has to show one. */
  readonly token?: { reveal(): string };
}

/** Why a request is not answered. */
export interface Refusal {
  readonly status: 400 | 403;
  readonly reason: 'target' | 'host' | 'origin' | 'token';
  /** For whoever has sent it. */
  readonly error: string;
}

interface AdminRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Keeps pages of other sites, which the browser of an operator may have open, from the admin server, and whoever does not
 * know the token from changing anything. A page can reach a server of this machine under a name of its own (DNS rebinding),
 * so the name that was asked for counts; and it can send forms to it, of which the browser says where they come from
 * (https://www.w3.org/TR/fetch-metadata/).
 */
export function createGuard({
  listen,
  hosts = [],
  token,
}: AdminAccess): (request: AdminRequest) => Refusal | undefined {
  const own = 'host' in listen ? listen.host.toLowerCase() : 'localhost';
  const names = new Set(['localhost', own, ...hosts.map((host) => host.toLowerCase())]);
  const onEveryAddress = own === '0.0.0.0' || own === '::';
  const secret = token === undefined ? undefined : digest(token.reveal());

  /** An address is not a name that somebody else could point at this machine. */
  function isKnown(host: string | undefined): boolean {
    if (host === undefined) return false;
    if (names.has(host) || host === '::1' || (isIPv4(host) && host.startsWith('127.'))) return true;
    return onEveryAddress && isIP(host) !== 0;
  }

  return ({ method = 'GET', url = '', headers }) => {
    if (!url.startsWith('/')) return refuse(400, 'target', 'the target of the request must be a path');
    if (!isKnown(hostOf(headers.host))) {
      return refuse(403, 'host', 'this Host is not one of the admin server: add it to admin.hosts');
    }
    if (isForeign(headers)) return refuse(403, 'origin', 'a page of another site has sent this');
    if (secret === undefined || readingMethods.has(method)) return undefined;
    const given = /^Bearer +([!-~]+) *$/i.exec(headers.authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), secret)) return undefined;
    return refuse(403, 'token', 'admin.token is wanted, as in Authorization: Bearer …');
  };
}

/** They change nothing. */
const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

function refuse(status: Refusal['status'], reason: Refusal['reason'], error: string): Refusal {
  return { status, reason, error };
}

/** Without the port and the brackets, in lower case. */
function hostOf(header: string | undefined): string | undefined {
  const [, address, name] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(header ?? '') ?? [];
  return (address ?? name)?.toLowerCase();
}

/** Programs send neither header. `none`: somebody has typed the address. */
function isForeign({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const own = String(host).toLowerCase();
  return origin !== undefined && origin !== `http://${own}` && origin !== `https://${own}`;
}

/** Of equal length, as a comparison in constant time wants it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
