import type { Binds, Fault, Scheme } from '../model.js';
import { checkDeclaration, type Templates, valuesOf } from './check.js';
import type { Algorithm, SignatureDeclaration } from './declaration.js';
import { digestForm } from './encoding.js';
import { pointerPath } from './json-body.js';
import { readKey } from './keys.js';
import type { Plan } from './plan.js';
import { signRequest } from './sign.js';
import { compileParts, compileValue } from './sources.js';
import type { ValuePart } from './templates.js';
import { parseDuration, type TimestampCheck } from './timestamp.js';
import { verifyDelivery } from './verify.js';

const hashes = {
  'hmac-sha1': { hash: 'sha1', size: 20 },
  'hmac-sha256': { hash: 'sha256', size: 32 },
  'hmac-sha384': { hash: 'sha384', size: 48 },
  'hmac-sha512': { hash: 'sha512', size: 64 },
} as const satisfies { [algorithm in Algorithm]: { hash: string; size: number } };

const defaultFuture = '60s';

/**
 * Compiles the `signature` of a plugin.yaml that its JSON Schema has let through. The scheme is there unless a fault
 * is an error. `items`: where the events of a batch are, if the plugin has them.
 */
export function compileSignature(
  declaration: SignatureDeclaration,
  options: { readonly items?: string } = {},
): { scheme?: Scheme; faults: readonly Fault[] } {
  const { templates, faults } = checkDeclaration(declaration, options.items);
  if (templates.from === undefined || faults.some(({ severity }) => severity === 'error')) {
    return { faults };
  }
  const plan = buildPlan(declaration, templates, templates.from, options.items);
  const scheme: Scheme = {
    headers: headersOf(plan),
    binds: bindsOf(plan),
    key: (text) => readKey(text, plan.key),
    verify: (delivery, secrets, now) => verifyDelivery(plan, delivery, secrets, now),
    sign: (request, key, now) => signRequest(plan, request, key, now),
  };
  return { scheme: Object.freeze(scheme), faults };
}

function buildPlan(
  declaration: SignatureDeclaration,
  templates: Templates,
  from: ValuePart,
  items: string | undefined,
): Plan {
  const { signature } = declaration;
  const { hash, size } = hashes[declaration.algorithm];
  const content = valuesOf(templates.content);
  const all = [from, ...content, ...(templates.timestamp === undefined ? [] : [templates.timestamp])];
  const keys = [...new Set(all.filter(({ source }) => source === 'sig').map(({ name }) => name))];
  const timestamp = compileTimestamp(declaration, templates.timestamp, keys);
  return {
    hash,
    encoding: signature.encoding,
    form: digestForm(size, signature.encoding),
    from: compileValue(from, keys),
    strip: signature.strip ?? '',
    entries: { ...signature.split, ...(signature.pick === undefined ? {} : { pick: signature.pick }), keys },
    content: compileParts(templates.content, keys),
    key: declaration.key ?? {},
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(items === undefined || from.source !== 'item' ? {} : { items: pointerPath(items) }),
    readsBody: all.some(({ source }) => source === 'json' || source === 'item'),
    parts: { from, content, ...(templates.timestamp === undefined ? {} : { timestamp: templates.timestamp }) },
  };
}

function compileTimestamp(
  { timestamp }: SignatureDeclaration,
  part: ValuePart | undefined,
  keys: readonly string[],
): TimestampCheck | undefined {
  if (timestamp === undefined || part === undefined) {
    return undefined;
  }
  return {
    value: compileValue(part, keys),
    unit: timestamp.unit,
    tolerance: parseDuration(timestamp.tolerance),
    future: parseDuration(timestamp.future ?? defaultFuture),
  };
}

function headersOf({ parts: { from, content, timestamp } }: Plan): readonly string[] {
  const parts = [from, ...content, ...(timestamp === undefined ? [] : [timestamp])];
  return [...new Set(parts.filter(({ source }) => source === 'header').map(({ name }) => name))];
}

function bindsOf({ parts: { content } }: Plan): Binds {
  if (content.some(({ source }) => source === 'raw')) {
    return 'body';
  }
  return content.some(({ source }) => source === 'json' || source === 'item') ? 'fields' : 'nothing';
}
