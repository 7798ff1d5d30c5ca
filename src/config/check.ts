import type { Fault } from '../core/model.js';
import { fromPointer } from '../diagnostics/pointer.js';
import { ruleDefinitions } from '../diagnostics/rules.js';
import { compileCheck } from '../diagnostics/schema-check.js';
import { coerce } from './coerce.js';
import type { GatewayDeclaration, LintDeclaration, PartialGateway } from './declaration.js';
import { explainGatewayErrors } from './inline-secrets.js';
import { salvage } from './salvage.js';
import type { Substitution } from './substitute.js';

/** A gateway.yaml held against its schema: the whole, if it is sound, and what is sound of it. */
export interface CheckedGateway {
  readonly whole?: GatewayDeclaration;
  /** The whole, or what is left of it without its faults. */
  readonly rest: PartialGateway;
  /** Empty: not given, or faulty. */
  readonly lint: LintDeclaration;
  /** Absent: not given, or faulty; see `whole`. */
  readonly plugins?: readonly string[];
  readonly faults: readonly Fault[];
  /** Whether nothing is wrong with the value at a JSON pointer, nor with anything in it. */
  isSound(pointer: string): boolean;
}

/** Checks a substituted gateway.yaml. `schema`: `schemas/gateway.schema.json`. It converts substituted texts in place. */
export function checkGateway(schema: object, { value, substituted, faults: unset }: Substitution): CheckedGateway {
  const check = compileCheck<GatewayDeclaration>(schema);
  let checked = check(value);
  if (!('value' in checked) && coerce(value, checked.errors, substituted)) checked = check(value);
  const plugins = readFolders(value);
  if ('value' in checked && unset.length === 0) {
    const { lint = {} } = checked.value;
    return { whole: checked.value, rest: checked.value, ...plugins, lint, faults: [], isSound: () => true };
  }
  const errors = 'value' in checked ? [] : checked.errors;
  const faults = explainGatewayErrors(
    errors.filter((error) => !unset.some(({ pointer }) => pointer === error.instancePath)),
  ).map(explainFixedRule);
  const all = [...unset, ...faults];
  const rest = salvage(
    schema,
    value,
    unset.map(({ pointer }) => pointer),
  );
  const places = all.map(({ pointer }) => pointer);
  const isSound = (at: string) => !places.some((place) => place === at || place.startsWith(`${at}/`));
  return { rest, ...plugins, lint: rest.lint ?? {}, faults: all, isSound };
}

/** The schema has only the rules whose level can be changed. */
function explainFixedRule(fault: Fault): Fault {
  const [, key, id] = fromPointer(fault.pointer);
  if (fault.rule !== 'config-unknown-key' || !fault.pointer.startsWith('/lint/rules/') || key !== 'rules') return fault;
  if (!ruleDefinitions.some((rule) => rule.id === id)) return fault;
  const message = `"${id}" can't be turned off or lowered: the gateway does not start with such a fault`;
  return { rule: 'config-invalid', severity: 'error', pointer: fault.pointer, key: true, message };
}

function readFolders(value: unknown): { plugins?: readonly string[] } {
  if (typeof value !== 'object' || value === null || !('plugins' in value)) return {};
  const folders: unknown[] = [value.plugins].flat();
  return folders.every((folder) => typeof folder === 'string') ? { plugins: folders } : {};
}
