import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Network } from '../../core/model.js';
import { plainAddress } from '../../util/address.js';
import { createMatcher } from '../../util/networks.js';

/** Says whose request it is, and which addresses are proxies of ours. */
export interface Clients {
  /** The address of the client; empty if its connection is gone. */
  of(request: IncomingMessage): string;
  trusts(address: string): boolean;
}

/**
 * The client is whoever has connected. If that is a trusted proxy, it is the last address of X-Forwarded-For, or where there is
 * none of Forwarded (RFC 7239), that is not a trusted proxy's: what stands before it, anybody can have written.
 */
export function createClients(proxies: readonly Network[]): Clients {
  const peer = ({ socket }: IncomingMessage) => plainAddress(socket.remoteAddress ?? '');
  if (proxies.length === 0) return { of: peer, trusts: () => false };
  const trusts = createMatcher(proxies);
  return { trusts, of: (request) => walk(peer(request), request, trusts) };
}

/** From the right: each address was written by the one after it. */
function walk(peer: string, request: IncomingMessage, trusts: (address: string) => boolean): string {
  let client = peer;
  const hops = trusts(client) ? readHops(request) : [];
  while (trusts(client)) {
    const before = readAddress(hops.pop());
    if (before === undefined) break;
    client = before;
  }
  return client;
}

function readHops({ headers }: IncomingMessage): string[] {
  const list = headers['x-forwarded-for'];
  if (list !== undefined) return String(list).split(',');
  const { forwarded } = headers;
  if (forwarded === undefined) return [];
  return forwarded.split(',').map((element) => /(?:^|;)\s*for=("[^"]*"|[^;]*)/i.exec(element)?.[1] ?? '');
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`, each perhaps in quotes. Undefined: it is not an address. */
function readAddress(text: string | undefined): string | undefined {
  const bare = (text ?? '').trim().replace(/^"(.*)"$/, '$1');
  const address = /^\[([^\]]*)\](?::\d+)?$/.exec(bare)?.[1] ?? /^([\d.]+):\d+$/.exec(bare)?.[1] ?? bare;
  return isIP(address) === 0 || address.includes('%') ? undefined : plainAddress(address.toLowerCase());
}
