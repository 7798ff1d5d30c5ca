import type { SecretForm } from '../plugins/declaration.js';
import { type Finding, fail, ok, warn } from './finding.js';

/** A secret as it was found. */
export interface FoundSecret {
  readonly endpoint: string;
  readonly name: string;
  readonly text: string;
  /** Of its plugin; empty: it says nothing. */
  readonly forms: readonly SecretForm[];
  /** Of its endpoint. */
  readonly livemode: boolean | 'any';
}

/** Holds a secret against what its provider's look like. No finding has a part of it. */
export function examineSecret({ endpoint, name, text, forms, livemode }: FoundSecret): Finding {
  const id = `secret ${endpoint}.${name}`;
  if (text !== text.trim())
    return warn(id, 'there is white space around it', 'copy it anew; a trailing line break is no harm in a file');
  const form = forms.find(({ pattern }) => new RegExp(pattern).test(text));
  const good = forms.filter(({ wrong }) => wrong !== true).map(({ is }) => is);
  if (forms.length === 0) return ok(id, 'it is set; the plugin does not say what it must look like');
  if (form === undefined) {
    return good.length === 0
      ? ok(id, 'it is set')
      : warn(id, `it is not ${good.join(' or ')}`, 'copy it anew from the provider');
  }
  if (form.wrong === true) {
    return fail(
      id,
      `it is ${form.is}`,
      good.length === 0 ? 'copy the right one' : `what is needed is ${good.join(' or ')}`,
    );
  }
  if (form.livemode !== undefined && livemode !== 'any' && form.livemode !== livemode) {
    return warn(id, `it is ${form.is}, and the endpoint has livemode: ${livemode}`, 'give the one of that mode');
  }
  return ok(id, `it is ${form.is}`);
}
