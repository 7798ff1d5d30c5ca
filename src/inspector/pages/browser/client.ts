import type { InspectorError, TokenChecked } from '../../contract.js';
import { asSentence } from '../state/format.js';

/** What the server did not do, in its words. */
class ServerError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly reason?: InspectorError['reason'],
  ) {
    super(message);
  }
}

/** Only as long as the page is open: nothing of the browser keeps it. */
let token: string | undefined;
let ask: (() => Promise<string | undefined>) | undefined;

/** `asker` asks the user for `admin.token`; undefined: he has not given it. */
export function setTokenAsker(asker: typeof ask): void {
  ask = asker;
}

export function hasToken(): boolean {
  return token !== undefined;
}

/** Has the user asked for the token, where the gateway has one. Rejects with a ServerError if he does not give it. */
export async function askForToken(): Promise<void> {
  await post('/token', {}, having<TokenChecked>('ok'));
}

/** The server is of the same release, so only the outermost fields are looked at. */
export type Check<T> = (value: unknown) => value is T;

export function having<T>(...names: readonly (keyof T & string)[]): Check<T> {
  return (value): value is T => typeof value === 'object' && value !== null && names.every((name) => name in value);
}

export function get<T>(path: string, check: Check<T>, signal?: AbortSignal): Promise<T> {
  return request(path, check, signal ? { signal } : {});
}

/** Asks the user for the token where the server wants it, and tries again. */
export async function post<T>(path: string, body: object, check: Check<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const headers = {
      'content-type': 'application/json',
      'x-gateway-inspector': '1',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const init = { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) };
    try {
      return await request(path, check, init);
    } catch (error) {
      if (!(error instanceof ServerError) || error.reason !== 'token') throw error;
      token = await ask?.();
      if (token === undefined || signal?.aborted) throw error;
    }
  }
}

async function request<T>(path: string, check: Check<T>, init: RequestInit): Promise<T> {
  const answer = await fetch(path, { ...init, cache: 'no-store' }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new ServerError('The gateway does not answer. Is it running? Try: gateway status', 0);
  });
  const value: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw refusal(answer.status, value);
  if (!check(value)) throw new ServerError('The answer is not what this page expects. Load the page again.', 200);
  return value;
}

const isFault = having<InspectorError>('error', 'reason');

function refusal(status: number, value: unknown): ServerError {
  if (!isFault(value)) return new ServerError(`The gateway answered with ${status}.`, status);
  return new ServerError(asSentence(value.error), status, value.reason);
}
