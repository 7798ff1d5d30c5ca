const seed = 0x9747b28c;
const factor = 0x5bd1e995;
const scratch = Buffer.allocUnsafe(4096);

/**
 * The partition that Java's producer (and every client that follows it) chooses for a key: murmur2 over the key's
 * UTF-8 bytes, made positive, modulo the number of partitions.
 * Source: Utils.murmur2 and Utils.toPositive of Apache Kafka's clients.
 */
export function choosePartition(key: string, partitions: number): number {
  if (key.length * 3 > scratch.length) {
    const bytes = Buffer.from(key);
    return (murmur2(bytes, bytes.length) & 0x7fffffff) % partitions;
  }
  return (murmur2(scratch, scratch.write(key)) & 0x7fffffff) % partitions;
}

/** MurmurHash2 of the first `length` bytes, as Java computes it; a signed 32-bit number. */
export function murmur2(bytes: Buffer, length: number): number {
  const whole = length & ~3;
  let hash = seed ^ length;
  for (let at = 0; at < whole; at += 4) {
    let k = Math.imul(bytes.readInt32LE(at), factor);
    k = Math.imul(k ^ (k >>> 24), factor);
    hash = Math.imul(hash, factor) ^ k;
  }
  const rest = length - whole;
  if (rest > 0) {
    for (let index = rest - 1; index >= 0; index--) {
      hash ^= bytes.readUInt8(whole + index) << (8 * index);
    }
    hash = Math.imul(hash, factor);
  }
  hash = Math.imul(hash ^ (hash >>> 13), factor);
  return hash ^ (hash >>> 15);
}
