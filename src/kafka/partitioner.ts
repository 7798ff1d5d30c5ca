const seed = 0x9747b28c;
const factor = 0x5bd1e995;
const ascii = 0x7f;

/**
 * The partition that Java's producer (and every client that follows it) chooses for a key: murmur2 over the key's
 * UTF-8 bytes, made positive, modulo the number of partitions.
 * Source: Utils.murmur2 and Utils.toPositive of Apache Kafka's clients.
 */
export function choosePartition(key: string, partitions: number): number {
  return (hashText(key) & 0x7fffffff) % partitions;
}

/** Nearly every key is ASCII: its characters are its bytes. */
function hashText(text: string): number {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > ascii) return murmur2(Buffer.from(text).toString('latin1'));
  }
  return murmur2(text);
}

/** MurmurHash2 as Java computes it, of bytes given as the characters 0 to 255; a signed 32-bit number. */
export function murmur2(bytes: string): number {
  const { length } = bytes;
  const whole = length & ~3;
  let hash = seed ^ length;
  for (let at = 0; at < whole; at += 4) {
    let k = bytes.charCodeAt(at) | (bytes.charCodeAt(at + 1) << 8);
    k |= (bytes.charCodeAt(at + 2) << 16) | (bytes.charCodeAt(at + 3) << 24);
    k = Math.imul(k, factor);
    k = Math.imul(k ^ (k >>> 24), factor);
    hash = Math.imul(hash, factor) ^ k;
  }
  if (whole < length) {
    for (let at = length - 1; at >= whole; at--) hash ^= bytes.charCodeAt(at) << (8 * (at - whole));
    hash = Math.imul(hash, factor);
  }
  hash = Math.imul(hash ^ (hash >>> 13), factor);
  return hash ^ (hash >>> 15);
}
