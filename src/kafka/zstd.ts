import zlib from 'node:zlib';

type Done = (error: Error | null, bytes: Buffer) => void;

/** What Node.js has of zstd from 22.15 on. */
export interface Zstd {
  zstdCompressSync(bytes: Buffer): Buffer;
  zstdCompress(bytes: Buffer, done: Done): void;
  zstdDecompress(bytes: Buffer, done: Done): void;
}

/** Absent: this Node.js is older. */
export const zstd: Zstd | undefined = hasZstd(zlib) ? zlib : undefined;

function hasZstd(module: object): module is Zstd {
  return 'zstdCompress' in module;
}
