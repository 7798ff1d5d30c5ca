import { closest } from '../diagnostics/closest.js';
import type { Fault, Scheme, Secret } from '../model.js';
import { optional } from '../plugins/optional.js';
import type { SecretDeclaration } from './declaration.js';
import { type Materials, readSecret } from './materials.js';
import { secretKind } from './surroundings.js';

/**
 * Compiles the secrets at `pointer`. Without a scheme (its plugin has faults) the texts are only looked for, and the
 * result is empty.
 */
export function compileSecrets(
  declarations: readonly SecretDeclaration[],
  pointer: string,
  scheme: Scheme | undefined,
  materials: Materials,
  faults: Fault[],
): readonly Secret[] {
  lintTimes(declarations, pointer, materials.now, faults);
  lintNames(declarations, pointer, faults);
  return declarations.flatMap((declared, index) => {
    const at = `${pointer}/${index}`;
    const text = readSecret(declared, at, materials, faults);
    if (text === undefined || scheme === undefined) return [];
    const kind = secretKind(declared, scheme.needs.secrets);
    if (kind === undefined && (declared.for !== undefined || scheme.needs.secrets.length > 0)) {
      faults.push(unknownKind(declared, at, scheme));
      return [];
    }
    try {
      return [
        {
          name: declared.name,
          ...optional('for', kind),
          key: scheme.key(text, kind),
          ...optional('notBefore', time(declared.notBefore)),
          ...optional('expires', time(declared.expires)),
        },
      ];
    } catch (error) {
      faults.push(invalid(declared, at, error));
      return [];
    }
  });
}

function time(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function lintTimes(declarations: readonly SecretDeclaration[], pointer: string, now: number, faults: Fault[]): void {
  const expired = declarations.map(({ expires }) => (time(expires) ?? Number.POSITIVE_INFINITY) <= now);
  const none = expired.every((gone) => gone);
  for (const [index, { name, notBefore, expires }] of declarations.entries()) {
    const at = `${pointer}/${index}/expires`;
    if (expired[index] === true) {
      faults.push({
        ...{ rule: 'secret-expired', severity: none ? 'error' : 'warning', pointer: at },
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

function lintNames(declarations: readonly SecretDeclaration[], pointer: string, faults: Fault[]): void {
  for (const [index, { name }] of declarations.entries()) {
    if (declarations.findIndex((other) => other.name === name) === index) continue;
    const place = { rule: 'secret-duplicate-name', severity: 'error', pointer: `${pointer}/${index}/name` } as const;
    faults.push({ ...place, message: `Two secrets of this endpoint have the name "${name}"` });
  }
}

function unknownKind(declared: SecretDeclaration, pointer: string, { needs }: Scheme): Fault {
  const names = needs.secrets.map(({ name }) => name);
  const near = declared.for === undefined ? undefined : closest(declared.for, names);
  return {
    ...{ rule: 'secret-kind', severity: 'error', pointer: `${pointer}/${declared.for === undefined ? 'name' : 'for'}` },
    message:
      declared.for === undefined
        ? `What is secret "${declared.name}" for? The plugin needs several`
        : `The plugin has no secret "${declared.for}"`,
    hint: near === undefined ? `"for" is one of: ${names.join(', ') || 'none'}` : `did you mean "${near}"?`,
  };
}

/** The scheme's message has no part of the secret. */
function invalid(declared: SecretDeclaration, pointer: string, error: unknown): Fault {
  const reason = error instanceof Error ? error.message : 'the scheme refuses it';
  return {
    ...{
      rule: 'secret-invalid',
      severity: 'error',
      pointer: `${pointer}/${declared.env === undefined ? 'file' : 'env'}`,
    },
    message: `The text of secret "${declared.name}" is no key for this provider: ${reason}`,
  };
}
