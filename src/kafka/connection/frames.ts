import { describeFault } from '../faults.js';

/** Bytes of an answer. The largest that can be wanted is the metadata of some thousand topics. */
const MAX_ANSWER = 32 * 1024 * 1024;
const lengthBytes = 4;
const correlationBytes = 4;

/** Cuts what a broker sends into answers: each has its length in front (https://kafka.apache.org/protocol#protocol_common). */
export class FrameReader {
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes that are to be there before it is worth a look. */
  #needed = lengthBytes;

  /** The answers that are whole now, without their lengths. Throws a `PublishError` at what can't be an answer. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needed) return [];
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames: Buffer[] = [];
    this.#needed = lengthBytes;
    while (bytes.length >= this.#needed) {
      const end = lengthBytes + readLength(bytes);
      if (bytes.length < end) {
        this.#needed = end;
        break;
      }
      frames.push(bytes.subarray(lengthBytes, end));
      bytes = bytes.subarray(end);
    }
    this.#chunks = bytes.length > 0 ? [bytes] : [];
    this.#held = bytes.length;
    return frames;
  }
}

function readLength(bytes: Buffer): number {
  const length = bytes.readInt32BE(0);
  if (length >= correlationBytes && length <= MAX_ANSWER) return length;
  throw describeFault('UNEXPECTED', `${explain(bytes)}: see the ports in kafka.brokers`);
}

/** What else may listen there. */
function explain(bytes: Buffer): string {
  const [type, major] = bytes;
  // An alert of TLS (RFC 8446, 5.1).
  if (type === 0x15 && major === 0x03) return 'the listener speaks TLS, and kafka.tls is not set';
  if (bytes.toString('latin1', 0, 4) === 'HTTP') return "a web server answers, which does not speak Kafka's protocol";
  return `an answer of ${bytes.readInt32BE(0)} bytes: what listens there does not speak Kafka's protocol`;
}
