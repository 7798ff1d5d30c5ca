import { compareNumbers, ExactNumber, isNumeric, type Numeric } from '../../util/json/number.js';
import { isContainer } from '../../util/values.js';

/** What JSONata would say otherwise than it should, or not at all: the expression is then evaluated without exact numbers. */
class NotExact extends Error {}

/**
 * What JSONata calls where an expression computes with a value that may be an `ExactNumber`, by a name that no expression
 * can have.
 */
export const exactFunctions: { readonly [name: string]: (first: unknown, second: unknown) => unknown } = {
  '#number': toNumber,
  '#text': toText,
  '#string': textOf,
  '#=': (left: unknown, right: unknown) => areComparable(left, right) && areEqual(left, right),
  '#!=': (left: unknown, right: unknown) => areComparable(left, right) && !areEqual(left, right),
  '#in': (value: unknown, list: unknown) => areComparable(value, list) && [list].flat().some(isSame(value)),
  '#<': comparison((order) => order < 0),
  '#<=': comparison((order) => order <= 0),
  '#>': comparison((order) => order > 0),
  '#>=': comparison((order) => order >= 0),
};

/** For what knows JavaScript's numbers only. */
function toNumber(value: unknown): unknown {
  if (value instanceof ExactNumber) return value.toNumber();
  // Not a copy without need: arrays of JSONata carry marks of its own.
  return Array.isArray(value) && hasExactElement(value) ? value.map(toNumber) : value;
}

function hasExactElement(list: readonly unknown[]): boolean {
  return list.some((each) => isExact(each) || (Array.isArray(each) && hasExactElement(each)));
}

/** For what makes a text of it. */
function toText(value: unknown): unknown {
  if (value instanceof ExactNumber) return value.text;
  if (hasExact(value)) throw new NotExact();
  return value;
}

/** JSONata's `$string` as a value, such as in `$map(ids, $string)`. */
function textOf(value: unknown): unknown {
  if (value === undefined || typeof value === 'string') return value;
  if (value instanceof ExactNumber || typeof value === 'boolean' || Number.isInteger(value)) return String(value);
  throw new NotExact();
}

function areComparable(left: unknown, right: unknown): boolean {
  return left !== undefined && right !== undefined;
}

/** As JSONata compares: arrays and objects by what is in them. */
function areEqual(left: unknown, right: unknown): boolean {
  if (isNumeric(left) && isNumeric(right)) return areEqualNumbers(left, right);
  if (!isContainer(left) || !isContainer(right) || isExact(left) || isExact(right)) return left === right;
  if (Array.isArray(left) || Array.isArray(right)) return areEqualLists(left, right);
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && areEqual(left[name], right[name]))
  );
}

/** An array of JSONata has other members beside its elements. */
function areEqualLists(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) throw new NotExact();
  return left.length === right.length && left.every((each, index) => areEqual(each, right[index]));
}

/** `in` looks for the very same object or array. */
function isSame(value: unknown): (other: unknown) => boolean {
  return (other) => (isNumeric(value) && isNumeric(other) ? areEqualNumbers(value, other) : value === other);
}

/** Those that a division gives, such as NaN, are equal to no exact one. */
function areEqualNumbers(left: Numeric, right: Numeric): boolean {
  return isExact(left) || isExact(right) ? compareNumbers(left, right) === 0 : left === right;
}

function comparison(holds: (order: number) => boolean): (left: unknown, right: unknown) => unknown {
  return (left, right) => {
    if (!isOrdered(left) || !isOrdered(right)) throw new NotExact();
    if (left === undefined || right === undefined) return undefined;
    if (isNumeric(left) && isNumeric(right)) return holds(compareNumbers(left, right));
    if (typeof left !== 'string' || typeof right !== 'string') throw new NotExact();
    return holds(left < right ? -1 : Number(left > right));
  };
}

function isOrdered(value: unknown): value is Numeric | string | undefined {
  return value === undefined || typeof value === 'string' || (isNumeric(value) && !Number.isNaN(value));
}

function hasExact(value: unknown): boolean {
  return isExact(value) || (isContainer(value) && Object.values(value).some(hasExact));
}

function isExact(value: unknown): value is ExactNumber {
  return value instanceof ExactNumber;
}
