import type { ErrorObject } from 'ajv';
import type { Fault } from '../core/model.js';
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
      return { ...invalid, ...explainType(error) };
    case 'enum':
    case 'const':
      return { ...invalid, ...explainEnum(error) };
    case 'oneOf':
    case 'anyOf':
      return { ...invalid, ...explainChoice(error) };
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
    ...(near !== undefined && { hint: `did you mean "${near}"?` }),
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

function explainType(error: ErrorObject): { message: string; hint?: string } {
  const hint = hintAtType(error, [error.schema].flat().map(String));
  const message = `${nameOf(error.instancePath)} must be ${typeWords(error)}, ${whatItIs(error.data)}`;
  return { message, ...(hint !== undefined && { hint }) };
}

/** Where the value is right but for its quotes. */
function hintAtType(error: ErrorObject, types: readonly string[]): string | undefined {
  const { data } = error;
  if (typeof data === 'string') {
    if (types.includes('boolean') && /^\s*(true|false)\s*$/.test(data)) return withoutQuotes(data.trim());
    const numeric = types.includes('integer') || types.includes('number');
    return numeric && /^\s*-?\d+\s*$/.test(data) ? 'write it without quotes: a number, not a text' : undefined;
  }
  if (!types.includes('string') || (typeof data !== 'number' && typeof data !== 'boolean')) return undefined;
  const pattern: unknown = error.parentSchema?.pattern;
  const fits = typeof pattern !== 'string' || new RegExp(pattern, 'u').test(String(data));
  if (fits) return 'put it in quotes';
  const completed = typeof data === 'number' ? completedExamples(data, error) : [];
  if (completed.length === 0) return explainForm(error).hint;
  const { description } = Object(error.parentSchema);
  return `${typeof description === 'string' ? description : ''} Here: ${completed.join(', ')}`.trim();
}

/** The examples of the schema with this number in the place of theirs: `10s` makes `72s` of 72. */
function completedExamples(number: number, { parentSchema }: ErrorObject): readonly string[] {
  const examples: unknown = parentSchema?.examples;
  if (!Array.isArray(examples)) return [];
  const completed = examples.map((example) => String(example).replace(/\d+(?=\D*$)/, String(number)));
  return [...new Set(completed)];
}

/** Of what is allowed, only texts are suggested as texts. */
function explainEnum(error: ErrorObject): { message: string; hint?: string } {
  const allowed: readonly unknown[] = [error.schema].flat();
  const names = allowed.map(String);
  const hint = hintAtAllowed(error.data, allowed);
  return {
    message: `${nameOf(error.instancePath)} must be ${names.length > 1 ? 'one of ' : ''}${names.join(', ')}`,
    ...(hint !== undefined && { hint }),
  };
}

function hintAtAllowed(data: unknown, allowed: readonly unknown[]): string | undefined {
  if (typeof data !== 'string') {
    const spelt = allowed.find((value) => typeof value === 'string' && value === String(data));
    return spelt === undefined ? undefined : `put it in quotes: "${spelt}"`;
  }
  const quoted = allowed.find((value) => typeof value !== 'string' && isSpelt(data, value));
  if (quoted !== undefined) return withoutQuotes(quoted);
  const near = closest(data, allowed.map(String));
  if (near === undefined) return undefined;
  return allowed.includes(near) ? `did you mean "${near}"?` : `did you mean ${near}, without quotes?`;
}

function isSpelt(data: string, value: unknown): boolean {
  return data.trim() === String(value);
}

function withoutQuotes(value: unknown): string {
  const what = typeof value === 'number' ? `the number ${value}` : String(value);
  return `write it without quotes: ${what}, not a text`;
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

/** Choices between keys, of which exactly one must be there, or between words and something else. */
function explainChoice(error: ErrorObject): Pick<Fault, 'message'> & Partial<Fault> {
  const keys = requiredByBranches(error);
  if (keys.length === 0) {
    return { message: `${nameOf(error.instancePath)} matches none of the allowed forms`, ...hintAtWords(error) };
  }
  const names = keys.map((key) => `"${key}"`).join(' or ');
  const present = Object.keys(recordAt({ data: error.data }, 'data')).filter((key) => keys.includes(key));
  const last = present.at(-1);
  if (present.length > 1 && last !== undefined) {
    return { pointer: error.instancePath + toPointer(last), key: true, message: `Either ${names}, not both` };
  }
  return { message: `${nameOf(error.instancePath)} needs ${names}` };
}

/** The words among which one can choose. */
function hintAtWords({ schema, data }: ErrorObject): { hint?: string } {
  const branches: readonly unknown[] = Array.isArray(schema) ? schema : [];
  const words = branches.flatMap((branch) => {
    const { enum: allowed, const: only }: { enum?: unknown; const?: unknown } = Object(branch);
    return Array.isArray(allowed) ? allowed.map(String) : only === undefined ? [] : [String(only)];
  });
  if (words.length === 0) return {};
  const near = typeof data === 'string' ? closest(data, words) : undefined;
  return { hint: near === undefined ? `one of ${words.join(', ')}, or a mapping` : `did you mean "${near}"?` };
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
