import { parseExactly } from '../../util/json/parse.js';
import { parsePath, putAt } from '../../util/json/paths.js';
import { copyJson } from '../../util/json/write.js';

/** One `path=value` of the command line. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Reads `path=value`; the value is JSON if it parses, its numbers as they are written, else text. `undefined` where there is no path. */
export function parseOverride(text: string): Override | undefined {
  const equals = text.indexOf('=');
  if (equals < 1) return undefined;
  return { path: parsePath(text.slice(0, equals)), value: parseValue(text.slice(equals + 1)) };
}

function parseValue(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    return text;
  }
}

/** The payload with the overrides put in, one after the other. */
export function applyOverrides(payload: unknown, overrides: readonly Override[]): unknown {
  const copy: unknown = copyJson(payload);
  return overrides.reduce((value, override) => putAt(value, override.path, override.value), copy);
}
