import { Rejection } from '../core/rejection.js';
import type { AlgorithmPlan } from './algorithms.js';
import { decodeSignature, decodeStrictly } from './encoding.js';
import { splitEntries } from './entries.js';
import { type JwsToken, parseToken } from './jws.js';
import type { SignedMessage } from './message.js';
import type { Method, Plan } from './plan.js';
import { readText, renderBytes } from './sources.js';

/** Reads the texts that carry the signature and takes them apart into candidates; `{sig.…}` can be read from then on. */
export function prepare(plan: Plan, message: SignedMessage): readonly string[] {
  message.document = plan.document === undefined ? undefined : (plan.document.read(message) ?? '');
  const [first] = plan.from;
  let candidates: readonly string[] = [];
  let found = false;
  for (const from of plan.from) {
    const text = from.read(message);
    if (text === undefined || text === '') continue;
    found = true;
    const pick = plan.picked && renderBytes(plan.picked, message)?.toString();
    const entries = splitEntries(plan.decode === undefined ? text : decodeText(text, plan.decode), plan.entries, pick);
    message.sig = entries.values;
    candidates = candidates.length === 0 ? entries.candidates : [...candidates, ...entries.candidates];
  }
  if (!found) throw new Rejection('signature_missing', { detail: `${first?.label} is missing` });
  if (candidates.length === 0) {
    throw new Rejection('signature_missing', {
      detail: `${first?.label} has no "${plan.entries.pick ?? 'signature'}"`,
    });
  }
  return candidates;
}

function decodeText(text: string, decode: 'base64' | 'base64url'): string {
  const bytes = decodeStrictly(text, decode);
  if (bytes === undefined) throw new Rejection('signature_malformed', { detail: `the signature is not ${decode}` });
  return bytes.toString('latin1');
}

export function methodOf({ method }: Plan, message: SignedMessage): Method {
  if (!('cases' in method)) return method;
  const found = method.cases.get(readText(method.named, message) ?? '');
  if (found === undefined) {
    throw new Rejection('signature_malformed', { detail: `${method.named.label} is not an algorithm that is allowed` });
  }
  return found;
}

export function readToken(plan: Plan, texts: readonly string[], detached: boolean, message: SignedMessage): JwsToken {
  const [text = '', ...others] = texts.flatMap((each) => withoutPrefix(plan, each) ?? []);
  if (others.length > 0) throw new Rejection('signature_malformed', { detail: 'there is more than one token' });
  const token = parseToken(text, { allowed: plan.jwt?.algorithms ?? [], detached, pointers: plan.header });
  message.jws = token.header;
  return token;
}

/** Reads the header of a token, which names its key, where the scheme has tokens. */
export function readKeyId(plan: Plan, texts: readonly string[], message: SignedMessage): void {
  const { algorithm } = methodOf(plan, message);
  if (algorithm.kind === 'jws') readToken(plan, texts, algorithm.detached, message);
}

/** Authentication schemes of HTTP, such as `Bearer `, may be written in either case (RFC 9110). */
function withoutPrefix({ strip }: Plan, text: string): string | undefined {
  if (text.startsWith(strip)) return strip === '' ? text : text.slice(strip.length);
  if (!strip.endsWith(' ')) return undefined;
  const same = text.slice(0, strip.length).toLowerCase() === strip.toLowerCase();
  return same ? text.slice(strip.length) : undefined;
}

/** The candidates that may have the form of a signature; the others can't fit. */
export function readSignatures(plan: Plan, { form, algorithm }: Method, texts: readonly string[]): readonly string[] {
  const signatures: string[] = [];
  for (const text of texts) {
    const bare = withoutPrefix(plan, text);
    if (bare === undefined) continue;
    const read = form === undefined ? readText64(plan, algorithm.kind, bare) : bare;
    if (read !== undefined && (form === undefined || read.length === form.length)) signatures.push(read);
  }
  if (signatures.length === 0) throw notOfForm(plan, algorithm);
  return signatures;
}

/** Throws if none of the signatures, of which none fits, could have fitted any content and key. */
export function checkForm(plan: Plan, { form, algorithm }: Method, signatures: readonly string[]): void {
  if (form !== undefined && !signatures.some((text) => form.pattern.test(text))) throw notOfForm(plan, algorithm);
}

function notOfForm({ encoding, from }: Plan, { kind }: AlgorithmPlan): Rejection {
  const what = kind === 'equals' ? 'of the form that the scheme has' : `the ${encoding} of a signature`;
  return new Rejection('signature_malformed', { detail: `${from[0]?.label} is not ${what}` });
}

const longestSignature = 4096;

/** A text of no fixed length: basic credentials are decoded, asymmetric signatures must be decodable. */
function readText64({ declaration, encoding }: Plan, kind: string, text: string): string | undefined {
  if (text.length > longestSignature) return undefined;
  if (declaration.algorithm === 'basic') return decodeStrictly(text, 'base64')?.toString('latin1');
  return kind === 'equals' || decodeSignature(text, encoding) !== undefined ? text : undefined;
}
