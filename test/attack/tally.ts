import type { Hostile, Kind } from './kinds/kind.js';
import { hasSecret, type Target } from './scene.js';
import { isReadable, signedViews } from './signed-view.js';
import type { Answer, WireRequest } from './wire.js';

/** A 2xx for what was not signed. */
export interface Bypass {
  readonly kind: string;
  readonly endpoint: string;
  readonly request: string;
  readonly answer: string;
}

const taken = /"status":"(accepted|spooled|duplicate|dead_lettered)"/;
const published = /"status":"(accepted|spooled|duplicate)"/;
/** Without an answer a connection was closed before it was sent. */
const mustBe: ReadonlyMap<string, readonly string[]> = new Map([
  ['payload: over the limit', ['413', '503', 'none']],
  ['payload: a bomb', ['415', 'none']],
  ['payload: compressed', ['415', 'none']],
  ['headers: too many bytes', ['431', 'none']],
  ['socket: chunks: chunks of one byte', ['400', '415', '503', 'none']],
]);
const mostKept = 50;

/** What came back. */
export class Tally {
  /** Hostile requests. */
  sent = 0;
  raw = 0;
  honestSent = 0;
  honestTaken = 0;
  /** 5xx that honest requests saw, or no answer. */
  honestErrors = 0;
  /** Deliveries that were answered as taken, honest ones included, and the bytes of their bodies. */
  taken = 0;
  takenBytes = 0;
  handshakes = 0;
  /** Connections to where no key may be fetched. */
  knocks = 0;
  secrets = 0;
  /**
   * Requests whose answer was not seen: none came, or the length is not that of the body, and what comes after it was answered
   * before what was taken.
   */
  untold = 0;
  /** Of the probes. */
  connectionsKept = 0;
  slowBody = 0;
  readonly bypasses: Bypass[] = [];
  /** Layer: kind → status → how often. */
  readonly answers = new Map<string, Map<string, number>>();
  readonly honestFaults = new Map<string, number>();
  readonly honestTimes: number[] = [];

  honest(target: Target, request: WireRequest, answer: Answer | undefined, time: number): void {
    this.honestSent++;
    this.honestTimes.push(time);
    this.#look(answer?.text ?? '');
    const wanted = target.endpoint.provider.answer === undefined ? /^2/ : /^20[04]/;
    const good = answer !== undefined && wanted.test(String(answer.status)) && !answer.text.includes('dead_lettered');
    if (answer === undefined) this.untold++;
    if (answer === undefined || answer.status >= 500) this.honestErrors++;
    if (good) this.honestTaken++;
    else
      add(
        this.honestFaults,
        `${target.endpoint.name} ${answer?.status ?? 'no answer'} ${answer?.text.slice(0, 100) ?? ''}`,
      );
    if (answer !== undefined && isGood(answer)) this.#take(request);
  }

  hostile(kind: Kind, target: Target, hostile: Hostile, answer: Answer | undefined): void {
    const name = `${kind.layer}: ${kind.name}`;
    this.#count(name, String(answer?.status ?? 'none'));
    const { request } = hostile;
    if (answer === undefined || (hasOddLength(request) && !isGood(answer))) this.untold++;
    if (answer === undefined) return;
    this.#look(answer.text);
    if (!isGood(answer)) return;
    if (answer.text === '{"status":"ok"}' && request.target.startsWith('/health')) return;
    if (isHandshake(target, answer)) {
      this.handshakes++;
      return;
    }
    if (request.method === 'HEAD') return;
    this.#take(request);
    if (mayBeTaken(target, hostile) || isLetterOnly(target, hostile, answer)) return;
    this.#bypass(name, target.endpoint.name, request, answer);
  }

  sawRaw(kind: string, text: string): void {
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);
    for (const status of statuses.length > 0 ? statuses : ['none']) this.#count(`socket: ${kind}`, status);
    this.#look(text);
    if (!statuses.some((status) => status.startsWith('2'))) return;
    this.bypasses.push({ kind: `socket: ${kind}`, endpoint: '', request: '', answer: text.slice(0, 300) });
  }

  /** How often hostile requests were answered so. */
  statuses(status: string): number {
    return [...this.answers.values()].reduce((sum, counts) => sum + (counts.get(status) ?? 0), 0);
  }

  /** Requests that have to be refused for what their head or their chunks say, and were not. */
  readTooFar(): number {
    return [...mustBe].reduce((sum, [kind, wanted]) => {
      const others = [...(this.answers.get(kind) ?? [])].filter(([status]) => !wanted.includes(status));
      return sum + others.reduce((count, [, each]) => count + each, 0);
    }, 0);
  }

  #count(name: string, status: string): void {
    const known = this.answers.get(name) ?? new Map<string, number>();
    this.answers.set(name, known);
    add(known, status);
  }

  #take({ body }: WireRequest): void {
    this.taken++;
    this.takenBytes += body.length;
  }

  #look(text: string): void {
    if (hasSecret(text)) this.secrets++;
  }

  #bypass(kind: string, endpoint: string, request: WireRequest, answer: Answer): void {
    if (this.bypasses.length >= mostKept) return;
    const { method, target, headers, body } = request;
    const text = JSON.stringify({ method, target, headers, body: body.toString('latin1').slice(0, 2_000) });
    this.bypasses.push({ kind, endpoint, request: text, answer: `${answer.status} ${answer.text.slice(0, 300)}` });
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function isGood({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function hasOddLength({ headers }: WireRequest): boolean {
  return headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
}

/** An answer that takes nothing: of a plugin whose handshakes answer anybody, and not what it answers for a delivery. */
function isHandshake({ endpoint: { provider } }: Target, { text }: Answer): boolean {
  const anybody = provider.handshakes?.some(({ verified }) => verified === 'before') === true;
  return anybody && !taken.test(text);
}

function mayBeTaken(target: Target, { claim, signed, request }: Hostile): boolean {
  if (claim !== 'same') return claim === 'authentic';
  const seen = signedViews(target, request);
  return signed.some((each) => signedViews(target, each).some((view, way) => view === seen[way]));
}

/** Fields were signed of what is not JSON any more: nothing of it was published. */
function isLetterOnly(target: Target, { claim, signed, request }: Hostile, { text }: Answer): boolean {
  if (claim !== 'same' || isReadable(request) || !signed.some(isReadable)) return false;
  return target.endpoint.provider.scheme.binds !== 'body' && !published.test(text);
}
