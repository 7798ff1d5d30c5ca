import { errorCode } from '../../util/errors.js';
import { type Finding, fail, ok, unknown, warning } from './finding.js';

/** Milliseconds that the clocks may differ: what schemes let through is 60 s ahead at the least. */
const tolerance = 10_000;
const slowest = 10_000;

/** Asks the public URL without a signature, as anybody could, and compares clocks by its Date header. */
export async function examineUrl(url: string | undefined, now: () => number): Promise<readonly Finding[]> {
  if (url === undefined) {
    const hint = 'give --url with the address that a provider posts to';
    return [
      unknown('url', 'whether the public URL leads here was not asked', hint),
      unknown('clock', 'there is nothing to compare the clock with', hint),
    ];
  }
  try {
    const sent = now();
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(slowest) });
    const text = (await answer.text()).slice(0, 10_000);
    return [judgeAnswer(url, answer.status, text), judgeClock(answer.headers.get('date'), sent, now())];
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = errorCode(cause);
    return [
      fail(
        'url',
        `${url} does not answer (${reason})`,
        'see DNS, the load balancer, its certificate and its way to the gateway',
      ),
      unknown('clock', 'there is nothing to compare the clock with'),
    ];
  }
}

/** A GET is no event: the gateway refuses it in its own words. */
export function judgeAnswer(url: string, status: number, text: string): Finding {
  const error = errorOf(text);
  if (error === 'path_unknown') {
    return fail(
      'url',
      `the gateway answers at ${url}, and has no endpoint of this path`,
      'see path of the endpoint, and what a proxy does to it',
    );
  }
  if (error !== undefined || (status === 405 && text === ''))
    return ok('url', `the gateway answers at ${url} (${status})`);
  if (status === 401)
    return warning(
      'url',
      `${url} answers 401, perhaps a proxy that wants a login`,
      'providers have none: let them through',
    );
  if (status >= 300 && status < 400) {
    return fail(
      'url',
      `${url} redirects (${status})`,
      'providers do not follow: give them the address that it redirects to',
    );
  }
  return fail(
    'url',
    `something other than the gateway answers at ${url} (${status})`,
    'see where the load balancer sends it',
  );
}

/** `error` of the gateway's JSON; undefined for any other text. */
function errorOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('status' in value) || !('error' in value)) return undefined;
    return value.status === 'rejected' ? String(value.error) : undefined;
  } catch {
    return undefined;
  }
}

/** The header has whole seconds, of some moment between the two times. */
export function judgeClock(date: string | null, sent: number, received: number): Finding {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return unknown('clock', 'the answer has no Date to compare the clock with');
  const behind = theirs - received;
  const ahead = sent - (theirs + 1000);
  const skew = Math.max(behind, ahead, 0);
  if (skew <= tolerance) return ok('clock', 'it is in sync with that of the public URL');
  const text = `this machine's clock is ${Math.round(skew / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'} that of the public URL`;
  return warning('clock', text, 'run NTP: signatures that say when they were made are refused by a wrong clock');
}
