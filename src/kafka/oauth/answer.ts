import { fieldsOf, parseJson } from '../../util/values.js';
import { noToken } from './token.js';

export interface TokenAnswer {
  readonly token: string;
  /** Seconds; absent: not told. */
  readonly lifetime?: number;
}

/**
 * Reads the JSON of https://www.rfc-editor.org/rfc/rfc6749#section-5.1. `who` has given it, for the error, which is a
 * `PublishError`.
 */
export function readAnswer(json: string, who: string): TokenAnswer {
  const { access_token: token, expires_in: lifetime, token_type: type } = fieldsOf(parseJson(json));
  if (typeof token !== 'string') throw noToken(`${who} gave JSON without an access_token`);
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer') {
    throw noToken(`${who} gave a token that is no bearer token`);
  }
  const seconds = typeof lifetime === 'string' ? Number(lifetime) : lifetime;
  return { token, ...(typeof seconds === 'number' && seconds > 0 && seconds < 1e9 ? { lifetime: seconds } : {}) };
}

/** What it says of an error (RFC 6749, 5.2), in short; empty: nothing. */
export function readRefusal(json: string): string {
  const { error, error_description: description } = fieldsOf(parseJson(json));
  const texts = [error, description].filter((text) => typeof text === 'string');
  return texts
    .join(': ')
    .replace(/[^\x20-\x7e]/g, ' ')
    .slice(0, 300);
}
