import type { SecretForm } from '../../core/model.js';

/** What the text of a secret looks like. No part of it is in what is said. */
export type SecretCheck =
  | { readonly verdict: 'fine' /** Absent: the plugin says nothing of it. */; readonly form?: SecretForm }
  /** It may be right all the same. */
  | { readonly verdict: 'odd'; readonly message: string; readonly hint: string }
  /** It is something else for certain. */
  | { readonly verdict: 'wrong'; readonly message: string; readonly hint: string };

/** Holds a secret against what its provider's look like. `oneLine`: a key that is not PEM or the like. */
export function judgeSecret(text: string, forms: readonly SecretForm[], oneLine: boolean): SecretCheck {
  if (/^(["'`])[\s\S]+\1\s*$/.test(text)) {
    const hint = 'they belong to the syntax of a shell or an env file: take them out';
    return { verdict: 'wrong', message: 'it stands in quotes', hint };
  }
  if (oneLine && /[\r\n]/.test(text.trim())) {
    return { verdict: 'wrong', message: 'there is a line break in it', hint: 'copy it again, as one line' };
  }
  if (text !== text.trim()) {
    const hint = 'copy it again; a trailing line break is no harm in a file';
    return { verdict: 'odd', message: 'there is white space around it', hint };
  }
  const form = forms.find(({ pattern }) => new RegExp(pattern).test(text));
  if (form?.wrong === true) {
    return { verdict: 'wrong', message: `it is ${form.is}`, hint: whatIsNeeded(forms) ?? 'copy the right one' };
  }
  if (form !== undefined) return { verdict: 'fine', form };
  const good = goodForms(forms);
  if (good.length === 0) return { verdict: 'fine' };
  return { verdict: 'odd', message: `it is not ${good.join(' or ')}`, hint: 'copy it again from the provider' };
}

/** Absent: the plugin does not say. */
export function whatIsNeeded(forms: readonly SecretForm[]): string | undefined {
  const good = goodForms(forms);
  return good.length === 0 ? undefined : `what is needed is ${good.join(' or ')}`;
}

function goodForms(forms: readonly SecretForm[]): readonly string[] {
  return forms.filter(({ wrong }) => wrong !== true).map(({ is }) => is);
}

/** The forms of the secrets of one kind. */
export function formsFor(forms: readonly SecretForm[] | undefined, kind: string | undefined): readonly SecretForm[] {
  return (forms ?? []).filter((form) => form.for === undefined || form.for === kind);
}
