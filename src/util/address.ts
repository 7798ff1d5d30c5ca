/** An IPv4 address in the form of IPv6, as a socket for both has it (RFC 4291, 2.5.5.2), in its own form. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** What stands for one sender: an IPv4 address, or the /64 network of an IPv6 address, which one sender has to itself (RFC 6177). */
export function senderOf(address: string): string {
  if (!address.includes(':')) return address;
  const remembered = known.get(address);
  if (remembered !== undefined) return remembered;
  const sender = networkOf(address);
  if (known.size >= mostRemembered) known.clear();
  known.set(address, sender);
  return sender;
}

/** IPv6 addresses and their senders: it is asked for each request, and takes microseconds. */
const known = new Map<string, string>();
const mostRemembered = 1_000;

function networkOf(address: string): string {
  const [head = '', tail] = address.split('::', 2);
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...new Array<string>(zeros).fill('0'), ...last].slice(0, 4);
  return `${groups.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
