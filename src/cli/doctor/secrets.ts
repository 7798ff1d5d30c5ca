import { judgeSecret } from '../../config/plugins/secret-forms.js';
import type { SecretForm } from '../../core/model.js';
import { type Finding, fail, ok, warning } from './finding.js';

/** A secret as it was found. */
export interface FoundSecret {
  readonly endpoint: string;
  readonly name: string;
  readonly text: string;
  /** Of its plugin; empty: it says nothing. */
  readonly forms: readonly SecretForm[];
  /** Of its endpoint. */
  readonly livemode: boolean | 'any';
  /** False: a key that may have several lines, such as PEM. */
  readonly oneLine: boolean;
}

/** Holds a secret against what its provider's look like. No finding has a part of it. */
export function examineSecret({ endpoint, name, text, forms, livemode, oneLine }: FoundSecret): Finding {
  const id = `secret ${endpoint}.${name}`;
  const judged = judgeSecret(text, forms, oneLine);
  if (judged.verdict === 'wrong') return fail(id, judged.message, judged.hint);
  if (judged.verdict === 'odd') return warning(id, judged.message, judged.hint);
  const { form } = judged;
  if (form === undefined) {
    return ok(id, forms.length === 0 ? 'it is set; the plugin does not say what it must look like' : 'it is set');
  }
  if (form.livemode !== undefined && livemode !== 'any' && form.livemode !== livemode) {
    return warning(id, `it is ${form.is}, and the endpoint has livemode: ${livemode}`, 'give the one of that mode');
  }
  return ok(id, `it is ${form.is}`);
}
