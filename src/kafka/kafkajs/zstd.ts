import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { zstd } from '../zstd.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** kafkajs has no zstd; it reads batches with that of Node.js, where there is one. */
export function readZstd(): void {
  if (zstd === undefined) return;
  const decompress = promisify(zstd.zstdDecompress);
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({ decompress });
}
