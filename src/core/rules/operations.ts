import { createTimeFormatter } from '../../util/iso-time.js';
import { ExactNumber } from '../../util/json/number.js';
import { undecided } from './getter.js';
import { sha256 } from './sha256.js';

export type Operation = (left: unknown, right: unknown) => unknown;

/**
 * Nothing, null, true, false, a text, a finite number, an exact one: those that count as true for JavaScript do so for
 * JSONata, exact ones left aside.
 */
export function isPlainOperation(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value instanceof ExactNumber) return true;
  return value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean';
}

/** Of two plain values. */
export const comparisons: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['=', (left, right) => left !== undefined && right !== undefined && left === right],
  ['!=', (left, right) => left !== undefined && right !== undefined && left !== right],
  ['<', comparison((left, right) => left < right)],
  ['<=', comparison((left, right) => left <= right)],
  ['>', comparison((left, right) => left > right)],
  ['>=', comparison((left, right) => left >= right)],
]);

/** Of two plain values, beside comparisons. */
export const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['&', concatenate],
  ['+', arithmetic((left, right) => left + right)],
  ['-', arithmetic((left, right) => left - right)],
  ['*', arithmetic((left, right) => left * right)],
]);

function concatenate(left: unknown, right: unknown): unknown {
  const first = left === undefined ? '' : toText(left);
  const second = right === undefined ? '' : toText(right);
  return typeof first === 'string' && typeof second === 'string' ? first + second : undecided;
}

function arithmetic(compute: (left: number, right: number) => number): Operation {
  return (left, right) => {
    if (typeof left !== 'number' || typeof right !== 'number') return undecided;
    const result = compute(left, right);
    return Number.isFinite(result) ? result : undecided;
  };
}

function comparison(holds: (left: string | number, right: string | number) => boolean): Operation {
  return (left, right) => {
    if (typeof left === 'number' && typeof right === 'number') return holds(left, right);
    return typeof left === 'string' && typeof right === 'string' ? holds(left, right) : undecided;
  };
}

const formatTime = createTimeFormatter();

/** Of one plain value. */
export const functions: ReadonlyMap<string, (value: unknown) => unknown> = new Map<string, (value: unknown) => unknown>(
  [
    ['exists', (value) => value !== undefined],
    ['not', (value) => (value === undefined ? undefined : !value)],
    ['string', (value) => (value === undefined ? undefined : toText(value))],
    ['sha256', (value) => (typeof value === 'string' ? sha256(value) : value === undefined ? undefined : undecided)],
    ['lowercase', (value) => (typeof value === 'string' ? value.toLowerCase() : undecided)],
    ['type', (value) => (value === null ? 'null' : value === undefined ? undefined : typeof value)],
    ['fromMillis', (value) => (isMilliseconds(value) ? formatTime(value) : undecided)],
  ],
);

/** JSONata rounds fractions in its own way. */
function toText(value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? undecided : String(value);
}

/** From 1970 to 9999. */
function isMilliseconds(value: unknown): value is number {
  return Number.isInteger(value) && typeof value === 'number' && value >= 0 && value < 253_402_300_800_000;
}
