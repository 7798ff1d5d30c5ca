import type { Fault, Provider, Scheme, Secret } from '../core/model.js';
import { closest } from '../diagnostics/closest.js';
import { errorText } from '../util/errors.js';
import type { SecretDeclaration } from './declaration.js';
import { secretKind } from './endpoint-context.js';
import { type Materials, readSecret } from './external-inputs.js';
import { optional } from './plugins/optional.js';
import { formsFor, judgeSecret, whatIsNeeded } from './plugins/secret-forms.js';

/**
 * Compiles the secrets at `pointer`. Without a provider (the plugin has faults) the texts are only looked for, and the
 * result is empty.
 */
export function compileSecrets(
  declarations: readonly Partial<SecretDeclaration>[],
  pointer: string,
  provider: Pick<Provider, 'scheme' | 'secretForms'> | undefined,
  materials: Materials,
  faults: Fault[],
): readonly Secret[] {
  lintTimes(declarations, pointer, materials.now, faults);
  lintNames(declarations, pointer, faults);
  return declarations.flatMap((declared, index) => {
    const at = `${pointer}/${index}`;
    const text = readSecret(declared, at, materials, faults);
    if (text === undefined || provider === undefined) return [];
    const { scheme, secretForms } = provider;
    const kind = secretKind(declared, scheme.needs.secrets);
    const tried = kind === undefined && declared.for === undefined ? unnamedKinds(scheme, text) : [];
    const isUnnamed = declared.for === undefined && declared.name === undefined;
    if (
      kind === undefined &&
      tried.length === 0 &&
      !isUnnamed &&
      (declared.for !== undefined || scheme.needs.secrets.length > 0)
    ) {
      faults.push(unknownKind(declared, at, scheme));
      return [];
    }
    const { name, notBefore, expires } = declared;
    const times = { ...optional('notBefore', time(notBefore)), ...optional('expires', time(expires)) };
    return (tried.length > 0 ? tried : [kind]).flatMap((each) => {
      const key = readKey(declared, text, each, at, { scheme, secretForms }, faults);
      return key === undefined || name === undefined
        ? []
        : [{ name, ...(each !== undefined && { for: each }), key, ...times }];
    });
  });
}

/** The kinds that a secret is tried as which does not say what it is for. */
function unnamedKinds({ needs, key }: Scheme, text: string): readonly string[] {
  return needs.secrets.flatMap(({ name, unnamed }) => {
    if (unnamed !== true) return [];
    try {
      key(text, name);
      return [name];
    } catch {
      return [];
    }
  });
}

/** A text that is of a wrong form for certain is no key, although it could be taken for one. */
function readKey(
  declared: Partial<SecretDeclaration>,
  text: string,
  kind: string | undefined,
  at: string,
  { scheme, secretForms }: { readonly scheme: Scheme; readonly secretForms: Provider['secretForms'] },
  faults: Fault[],
): Secret['key'] | undefined {
  const forms = formsFor(secretForms, kind ?? declared.name);
  try {
    const key = scheme.key(text, kind);
    const judged = judgeSecret(text, forms, key.type === 'secret');
    if (judged.verdict !== 'wrong') return key;
    faults.push(invalid(declared, at, judged.message, judged.hint));
  } catch (error) {
    // A form explains more than "not base64".
    const judged = judgeSecret(text, forms, false);
    const reason = errorText(error);
    if (judged.verdict === 'wrong') faults.push(invalid(declared, at, judged.message, judged.hint));
    else faults.push(invalid(declared, at, reason, text === text.trim() ? whatIsNeeded(forms) : copyAnew));
  }
  return undefined;
}

function time(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function lintTimes(
  declarations: readonly Partial<SecretDeclaration>[],
  pointer: string,
  now: number,
  faults: Fault[],
): void {
  const expired = declarations.map(({ expires }) => (time(expires) ?? Number.POSITIVE_INFINITY) <= now);
  const none = expired.every((gone) => gone);
  for (const [index, { name = '', notBefore, expires }] of declarations.entries()) {
    const at = `${pointer}/${index}/expires`;
    if (expired[index] === true) {
      faults.push({
        rule: 'secret-expired',
        severity: none ? 'error' : 'warning',
        pointer: at,
        message: none ? `Secret "${name}" has expired, and no other is left` : `Secret "${name}" has expired`,
        ...(none ? {} : { hint: 'it proves nothing any more: take it out' }),
      });
    }
    if ((time(notBefore) ?? 0) >= (time(expires) ?? Number.POSITIVE_INFINITY)) {
      const message = `Secret "${name}" expires before it counts`;
      faults.push({ rule: 'config-invalid', severity: 'error', pointer: at, message });
    }
  }
}

function lintNames(declarations: readonly Partial<SecretDeclaration>[], pointer: string, faults: Fault[]): void {
  for (const [index, { name }] of declarations.entries()) {
    if (name === undefined || declarations.findIndex((other) => other.name === name) === index) continue;
    const place = { rule: 'secret-duplicate-name', severity: 'error', pointer: `${pointer}/${index}/name` } as const;
    faults.push({ ...place, message: `Two secrets of this endpoint have the name "${name}"` });
  }
}

function unknownKind(declared: Partial<SecretDeclaration>, pointer: string, { needs }: Scheme): Fault {
  const names = needs.secrets.map(({ name }) => name);
  const near = declared.for === undefined ? undefined : closest(declared.for, names);
  return {
    rule: 'secret-kind',
    severity: 'error',
    pointer: `${pointer}/${declared.for === undefined ? 'name' : 'for'}`,
    message:
      declared.for === undefined
        ? `What is secret "${declared.name}" for? The plugin needs several`
        : `The plugin has no secret "${declared.for}"`,
    hint: near === undefined ? `"for" is one of: ${names.join(', ') || 'none'}` : `did you mean "${near}"?`,
  };
}

const copyAnew = 'copy it again; a trailing line break is no harm in a file';

/** `reason` has no part of the secret. */
function invalid(
  declared: Partial<SecretDeclaration>,
  pointer: string,
  reason: string,
  hint: string | undefined,
): Fault {
  return {
    rule: 'secret-invalid',
    severity: 'error',
    pointer: `${pointer}/${declared.env === undefined ? 'file' : 'env'}`,
    message: `The text of secret "${declared.name}" is no key for this provider: ${reason}`,
    ...(hint !== undefined && { hint }),
  };
}
