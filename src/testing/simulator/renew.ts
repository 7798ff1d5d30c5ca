import { Rejection } from '../../core/rejection.js';
import { parseXml } from '../../signature/xml.js';
import { parseExactly } from '../../util/json/parse.js';
import { setMember, valueAt } from '../../util/json/paths.js';
import { writeJson } from '../../util/json/write.js';
import { isContainer } from '../../util/values.js';

/** Makes one value of another one: a time of now, say. */
export type RetryChange = (old: unknown) => unknown;

const encoded = '|unbase64';

/** Whether a step leads into a text that is the base64 of a document. */
export function isEncoded(step: string): boolean {
  return step.endsWith(encoded);
}

/**
 * `root` with the value at the path changed; `root` is changed on the way. A path that leads nowhere, or to null, changes
 * nothing. Where it leads into a text, the text is a JSON or XML document; `NAME|unbase64` is the base64 of one.
 */
export function renewAt(root: unknown, path: readonly string[], change: RetryChange): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return root === undefined || root === null ? root : change(root);
  if (typeof root === 'string') return renewText(root, path, change);
  if (!isContainer(root)) return root;
  const name = isEncoded(step) ? step.slice(0, -encoded.length) : step;
  if (!Object.hasOwn(root, name)) return root;
  const inner = root[name];
  setMember(root, name, name === step ? renewAt(inner, rest, change) : renewEncoded(inner, rest, change));
  return root;
}

function renewEncoded(inner: unknown, path: readonly string[], change: RetryChange): unknown {
  if (typeof inner !== 'string') return inner;
  return Buffer.from(renewText(Buffer.from(inner, 'base64').toString(), path, change)).toString('base64');
}

function renewText(text: string, path: readonly string[], change: RetryChange): string {
  try {
    if (!/^\s*</.test(text)) return writeJson(renewAt(parseExactly(text), path, change));
    // Put in as it stands: re-serialized, the document would be another one.
    const old = valueAt(parseXml(text), path);
    return typeof old === 'string' ? text.replaceAll(`>${old}<`, () => `>${String(change(old))}<`) : text;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Rejection) return text;
    throw error;
  }
}
