import { open } from 'node:fs/promises';
import { errorCode } from '../../util/errors.js';
import { longestToken, noToken, type Token, toToken } from './token.js';

/** The token that a file has now. Rejects with a `PublishError`. */
export async function readTokenFile(path: string, now: number): Promise<Token> {
  const text = await readStart(path);
  return toToken(text, `the token in ${path}`, now);
}

/** Whatever lies there, not more of it than a token can have. */
async function readStart(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const bytes = Buffer.alloc(longestToken + 2);
      const { bytesRead } = await file.read(bytes);
      return bytes.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = errorCode(error);
    throw noToken(`${path} cannot be read (${code}): see kafka.sasl.tokenFile`, error);
  }
}
