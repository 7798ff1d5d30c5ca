import { BlockList, isIP } from 'node:net';
import type { Fault, Network } from '../core/model.js';

/** Addresses of which it is remembered whether they are in a network. */
const mostRemembered = 1_000;

/** Reads CIDR notation (RFC 4632, 3.1; RFC 4291, 2.3): `10.0.0.0/8`, `2001:db8::/32`, or an address alone. */
export function readNetworks(
  texts: readonly string[],
  pointerOf: (index: number) => string,
  faults: Fault[],
): readonly Network[] {
  return texts.flatMap((text, index) => {
    const network = readNetwork(text);
    if (typeof network !== 'string') return [network];
    const hint = 'write 10.0.0.0/8, 2001:db8::/32, or an address alone';
    faults.push({ rule: 'config-invalid', severity: 'error', pointer: pointerOf(index), message: network, hint });
    return [];
  });
}

/** A text says what is wrong. */
function readNetwork(text: string): Network | string {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return `${JSON.stringify(address)} is not an IP address`;
  const most = version === 4 ? 32 : 128;
  const bits = slash < 0 ? most : Number(text.slice(slash + 1));
  if (!/^\d{1,3}$/.test(slash < 0 ? String(most) : text.slice(slash + 1)) || bits > most) {
    return `The network of an IPv${version} address has from 0 to ${most} bits`;
  }
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** `10.0.0.0/8`. */
export function writeNetwork({ address, bits }: Network): string {
  return `${address}/${bits}`;
}

/** Whether an address, as `plainAddress` gives it, is in one of the networks. */
export function createMatcher(networks: readonly Network[]): (address: string) => boolean {
  const list = new BlockList();
  for (const { address, bits, family } of networks) list.addSubnet(address, bits, family);
  const known = new Map<string, boolean>();
  return (address) => {
    const remembered = known.get(address);
    if (remembered !== undefined) return remembered;
    const version = isIP(address);
    const matches = version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
    if (known.size >= mostRemembered) known.clear();
    known.set(address, matches);
    return matches;
  };
}
