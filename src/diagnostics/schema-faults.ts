import type { ErrorObject } from 'ajv';
import type { Fault } from '../model.js';
import { closest } from './closest.js';
import { fromPointer, toPointer } from './pointer.js';

/**
 * Turns ajv's errors (`allErrors`, `verbose`) into sentences. None of them quotes a value of the document: it might be
 * a secret.
 */
export function explainErrors(errors: readonly ErrorObject[]): readonly Fault[] {
  const choices = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
  return errors
    .filter((error) => !choices.some((choice) => error.schemaPath.startsWith(`${choice.schemaPath}/`)))
    .filter(({ keyword }) => keyword !== 'if' && keyword !== 'propertyNames')
    .filter((error) => !choices.includes(error) || requiredByBranches(error).length > 0 || isAlone(error, errors))
    .map(explain);
}

/** "None of what it may be" says nothing beside what is wrong with it. */
function isAlone(choice: ErrorObject, errors: readonly ErrorObject[]): boolean {
  return !errors.some(
    ({ instancePath, schemaPath }) =>
      instancePath.startsWith(choice.instancePath) &&
      schemaPath !== choice.schemaPath &&
      !schemaPath.startsWith(`${choice.schemaPath}/`),
  );
}

function explain(error: ErrorObject): Fault {
  const pointer = error.instancePath;
  const invalid = { rule: 'config-invalid', severity: 'error', pointer } as const;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownKey(error);
    case 'required':
      return { ...invalid, rule: 'config-missing-key', message: `Missing key "${error.params.missingProperty}"` };
    case 'type':
      return { ...invalid, message: `${nameOf(pointer)} must be ${typeWords(error)}, ${whatItIs(error.data)}` };
    case 'enum':
    case 'const':
      return { ...invalid, ...explainEnum(error) };
    case 'oneOf':
    case 'anyOf':
      return { ...invalid, message: explainChoice(error) };
    case 'pattern':
    case 'format':
      return { ...invalid, ...(error.propertyName === undefined ? {} : ofKey(error)), ...explainForm(error) };
    default:
      return { ...invalid, message: `${nameOf(pointer)} ${error.message ?? 'is not valid'}` };
  }
}

function unknownKey(error: ErrorObject): Fault {
  const key = String(error.params.additionalProperty ?? error.params.unevaluatedProperty);
  const near = closest(key, Object.keys(recordAt(error.parentSchema, 'properties')));
  return {
    rule: 'config-unknown-key',
    severity: 'error',
    pointer: error.instancePath + toPointer(key),
    key: true,
    message: `Unknown key "${key}"`,
    ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
  };
}

function ofKey(error: ErrorObject): { pointer: string; key: true } {
  return { pointer: error.instancePath + toPointer(error.propertyName ?? ''), key: true };
}

const typeNames: { readonly [type: string]: string } = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'empty',
  number: 'a number',
  object: 'a mapping',
  string: 'text',
};

function typeWords(error: ErrorObject): string {
  const types = [error.schema].flat().map(String);
  return types.map((type) => typeNames[type] ?? type).join(' or ');
}

function whatItIs(data: unknown): string {
  if (data === null || data === undefined) return 'but it is empty';
  if (typeof data === 'number' && !Number.isInteger(data)) return 'not a fraction';
  const type = Array.isArray(data) ? 'array' : typeof data;
  return `not ${typeNames[type === 'number' ? 'number' : type] ?? type}`;
}

function explainEnum(error: ErrorObject): { message: string; hint?: string } {
  const allowed = [error.schema].flat().map(String);
  const near = typeof error.data === 'string' ? closest(error.data, allowed) : undefined;
  return {
    message: `${nameOf(error.instancePath)} must be ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}`,
    ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
  };
}

/** A schema says in its description what form a text must have, and gives examples. */
function explainForm(error: ErrorObject): { message: string; hint?: string } {
  const description = error.parentSchema?.description;
  const examples: unknown = error.parentSchema?.examples;
  const such = Array.isArray(examples) ? ` For example: ${examples.map(String).join(', ')}` : '';
  const subject = error.propertyName === undefined ? nameOf(error.instancePath) : `The key "${error.propertyName}"`;
  const hint = `${typeof description === 'string' ? description : ''}${such}`.trim();
  return { message: `${subject} is not of the right form`, ...(hint === '' ? {} : { hint }) };
}

/** Choices between keys, of which exactly one must be there. */
function explainChoice(error: ErrorObject): string {
  const keys = requiredByBranches(error);
  if (keys.length === 0) return `${nameOf(error.instancePath)} is none of what it may be`;
  const names = keys.map((key) => `"${key}"`).join(' or ');
  const present = Object.keys(recordAt({ data: error.data }, 'data')).filter((key) => keys.includes(key));
  if (present.length > 1) return `Either ${names}, not both`;
  return `${nameOf(error.instancePath)} needs ${names}`;
}

function requiredByBranches({ schema }: ErrorObject): string[] {
  return Array.isArray(schema) ? schema.flatMap((branch: unknown) => requiredKeys(branch)) : [];
}

function requiredKeys(branch: unknown): string[] {
  const required = typeof branch === 'object' && branch !== null && 'required' in branch ? branch.required : [];
  return Array.isArray(required) ? required.map(String) : [];
}

function recordAt(holder: unknown, key: string): object {
  if (typeof holder !== 'object' || holder === null) return {};
  const value: unknown = new Map<string, unknown>(Object.entries(holder)).get(key);
  return typeof value === 'object' && value !== null ? value : {};
}

function nameOf(pointer: string): string {
  const segments = fromPointer(pointer);
  const last = segments.at(-1);
  if (last === undefined) return 'The file';
  return /^\d+$/.test(last) ? `Item ${Number(last) + 1} of "${segments.at(-2) ?? ''}"` : `"${last}"`;
}
