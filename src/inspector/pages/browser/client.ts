/** What the server did not do, in its words. */
export class ServerError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly reason?: string,
  ) {
    super(message);
  }
}

/** Only as long as the page is open: nothing of the browser keeps it. */
let token: string | undefined;

export function setToken(given: string): void {
  token = given === '' ? undefined : given;
}

/** The server is of the same release, so only the outermost fields are looked at. */
export type Check<T> = (value: unknown) => value is T;

export function having<T>(...names: readonly (keyof T & string)[]): Check<T> {
  return (value): value is T => typeof value === 'object' && value !== null && names.every((name) => name in value);
}

export function get<T>(path: string, check: Check<T>, signal?: AbortSignal): Promise<T> {
  return request(path, check, { ...(signal && { signal }) });
}

export function post<T>(path: string, body: object, check: Check<T>, signal?: AbortSignal): Promise<T> {
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  return request(path, check, { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) });
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

function refusal(status: number, value: unknown): ServerError {
  const { error, reason } = { error: undefined, reason: undefined, ...(typeof value === 'object' ? value : {}) };
  const words = typeof error === 'string' ? error : `The gateway answered with ${status}`;
  return new ServerError(words, status, typeof reason === 'string' ? reason : undefined);
}
