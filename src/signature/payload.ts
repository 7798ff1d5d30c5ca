import { createDecipheriv } from 'node:crypto';
import type { BodyForm, Decoded, Delivery, EndpointContext, Fault, ReadPayload, Secret } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { withExactNumbers } from '../util/json/parse.js';
import { decodeUtf8 } from '../util/utf8.js';
import { Builder, type PluginFacts } from './builder.js';
import type { DecryptDeclaration, PayloadDeclaration } from './declaration.js';
import { decodeStrictly } from './encoding.js';
import type { Value } from './filters.js';
import { type Pairs, parseForm } from './form.js';
import { SignedMessage } from './message.js';
import { isActive, newestKeys, secretsFor } from './secrets.js';
import { readText, type ValueReader } from './sources.js';
import type { ValuePart } from './templates.js';
import { parseXml } from './xml.js';

/** One way to read a payload, compiled. */
interface Reading {
  readonly type: RegExp | undefined;
  readonly form: PayloadDeclaration['form'];
  readonly from: ValueReader | undefined;
  /** What `from` is. */
  readonly part: ValuePart | undefined;
  /** True if `from` is a part of a JSON document: of the rest of it nobody has seen whether it is JSON. */
  readonly inJson: boolean;
  readonly decrypt: Decryption | undefined;
}

interface Decryption extends Pick<DecryptDeclaration, 'secret' | 'into'> {
  readonly ciphertext: ValueReader;
  readonly nonce: ValueReader;
  readonly associatedData: ValueReader | undefined;
}

/**
 * Compiles `payload` of a plugin.yaml. `part`: the one source that the payload is read from, if that isn't the body.
 * `text`: whether batch items are slices of the text that was read.
 */
export function compilePayload(
  declared: PayloadDeclaration | readonly PayloadDeclaration[],
  facts: PluginFacts,
): { read: ReadPayload; part?: ValuePart; forms: readonly BodyForm[]; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const parts: ValuePart[] = [];
  const list = [declared].flat();
  const readings = list.map((each, index) => {
    const builder = new Builder(Array.isArray(declared) ? `/payload/${index}` : '/payload', facts, faults);
    if (facts.items !== undefined && each.form !== 'json') {
      builder.fault('/form', '"items" points into a JSON text; this payload is none');
    }
    return compileReading(each, builder, parts);
  });
  const [part] = parts;
  return {
    faults,
    forms: readings.map(({ type, form, part: from, decrypt }) => ({
      type,
      ...(from === undefined && decrypt === undefined && (form === 'json' || form === 'form') ? { form } : {}),
      encoded: form === 'jwt' || decrypt !== undefined || (from?.filters.length ?? 0) > 0,
    })),
    ...(part !== undefined && parts.length === 1 && list.length === 1 ? { part } : {}),
    read: (delivery, secrets, now, surroundings) => readPayload(readings, { delivery, secrets, now, surroundings }),
  };
}

function compileReading(declared: PayloadDeclaration, builder: Builder, parts: ValuePart[]): Reading {
  const from = declared.from === undefined ? undefined : builder.single(declared.from, '/from');
  if (from !== undefined) parts.push(from.part);
  const { type, form, decrypt } = declared;
  return {
    type: type === undefined ? undefined : typeForm(type),
    form,
    from: from?.reader,
    part: from?.part,
    inJson: from?.part.source === 'json',
    decrypt: decrypt && compileDecryption(decrypt, builder),
  };
}

function typeForm(type: string): RegExp {
  const escaped = type.replace(/[.+]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`);
}

function compileDecryption(declared: DecryptDeclaration, builder: Builder): Decryption | undefined {
  const { secret, into, associatedData } = declared;
  const ciphertext = builder.single(declared.ciphertext, '/decrypt/ciphertext')?.reader;
  const nonce = builder.single(declared.nonce, '/decrypt/nonce')?.reader;
  const extra = associatedData === undefined ? undefined : builder.single(associatedData, '/decrypt/associatedData');
  if (!builder.facts.secrets?.some(({ name }) => name === secret)) {
    builder.fault('/decrypt/secret', `the plugin's "secrets" has no "${secret}"`);
  }
  if (ciphertext === undefined || nonce === undefined) return undefined;
  return { ciphertext, nonce, secret, into, associatedData: extra?.reader };
}

interface Context {
  readonly delivery: Delivery;
  readonly secrets: readonly Secret[];
  readonly now: number;
  readonly surroundings: EndpointContext | undefined;
}

function readPayload(readings: readonly Reading[], context: Context): ReturnType<ReadPayload> {
  const { delivery, secrets, now, surroundings } = context;
  const type = (delivery.headers['content-type']?.[0] ?? '').replace(/;.*$/s, '').trim().toLowerCase();
  const reading = readings.find((each) => each.type === undefined || each.type.test(type));
  if (reading === undefined) throw malformed('the plugin reads no payload of this content type');
  const message = new SignedMessage(delivery, surroundings);
  message.secrets = newestKeys(secrets, now);
  message.proven = true;
  try {
    if (reading.inJson) readJsonText(textOf(delivery.body));
    const found: Value | undefined = reading.from === undefined ? delivery.body : reading.from.read(message);
    if (found === undefined) throw malformed(`${reading.from?.label} is missing or not of its form`);
    const text = textOf(found);
    const parsed = parsePayload(reading, text, message);
    return { text, ...(reading.decrypt === undefined ? parsed : decrypted(reading.decrypt, parsed, message, context)) };
  } catch (error) {
    // Sources throw as a signature's do; here the sender is proven.
    if (error instanceof Rejection && error.stage === 'verify') throw malformed(error.detail);
    throw error;
  }
}

function textOf(found: Value): string {
  if (typeof found === 'string') return found;
  const text = decodeUtf8(found);
  if (text === undefined) throw new Rejection('payload_not_utf8');
  return text;
}

type Parsed = Pick<Decoded, 'value' | 'exact'>;

function parsePayload({ form, from }: Reading, text: string, message: SignedMessage): Parsed {
  switch (form) {
    case 'json':
      return readJsonText(text);
    case 'form':
      return { value: objectOf(from === undefined ? message.form : parseForm(Buffer.from(text))) };
    case 'xml':
      return { value: parseXml(text) };
    case 'jwt':
      return readJsonText(textOf(decodeStrictly(text.trim().split('.')[1] ?? '', 'base64url') ?? ''));
  }
}

function readJsonText(text: string): Required<Parsed> {
  try {
    const value: unknown = JSON.parse(text);
    return { value, exact: () => withExactNumbers(text, value) };
  } catch {
    // V8's message quotes the text, so it must not travel on.
    throw malformed('it is not JSON');
  }
}

/** Texts by name; of a repeated name, a list. */
function objectOf(pairs: Pairs): object {
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of pairs) {
    const known = fields.get(name);
    fields.set(name, known === undefined ? value : [known, value].flat());
  }
  return Object.fromEntries(fields);
}

function decrypted(plan: Decryption, parsed: Parsed, message: SignedMessage, { secrets, now }: Context): Parsed {
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is no JSON object');
  const bytes = decodeStrictly(readText(plan.ciphertext, message) ?? '', 'base64');
  const nonce = readText(plan.nonce, message) ?? '';
  const extra = plan.associatedData === undefined ? '' : (readText(plan.associatedData, message) ?? '');
  if (bytes === undefined || bytes.length <= 16 || nonce === '') throw malformed('what is encrypted is missing');
  for (const { key } of secretsFor(secrets, plan.secret).filter((secret) => isActive(secret, now))) {
    const text = open(key.export(), bytes, nonce, extra);
    if (text !== undefined) return joined(parsed, plan.into, readJsonText(textOf(text)));
  }
  throw malformed('no active secret decrypts it');
}

/** The outer object with the inner value as a member. */
function joined(outer: Parsed, name: string, inner: Parsed): Parsed {
  const value = { ...Object(outer.value), [name]: inner.value };
  function exact(): unknown {
    const around = outer.exact?.();
    const within = inner.exact?.();
    return around === outer.value && within === inner.value ? value : { ...Object(around), [name]: within };
  }
  return { value, exact };
}

const tagLength = 16;

function open(key: Value | object, bytes: Buffer, nonce: string, extra: string): Buffer | undefined {
  if (!Buffer.isBuffer(key) || key.length !== 32) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(extra));
    decipher.setAuthTag(bytes.subarray(-tagLength));
    return Buffer.concat([decipher.update(bytes.subarray(0, -tagLength)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function malformed(detail: string | undefined): Rejection {
  return new Rejection('payload_malformed', detail === undefined ? {} : { detail });
}
