import { resolve } from 'node:path';
import type { Fault } from '../core/model.js';
import type { Substitution } from './substitute.js';

/** Rules whose message or hint ends with a path, which isn't in quotes. */
const endsWithPath = new Set(['config-file-missing', 'secret-file-missing', 'endpoint-url-missing']);

type Written = Pick<Substitution, 'substituted' | 'escaped'>;

/**
 * A fault in the words of the file: what variables were put into is quoted as it is written there, for it may be a secret
 * that came to the wrong place. Everything else that a fault quotes of the file must stand in double quotes. `base`:
 * the file's folder.
 */
export function locateInSource(fault: Fault, { substituted, escaped }: Written, base: string): Fault {
  const { message, hint, within, ...rest } = fault;
  const own = substituted.get(fault.pointer) ?? substituted.get(fault.pointer.replace(/\/0$/, ''));
  if (own !== undefined && fault.rule.startsWith('expr-')) return { ...rest, ...hiddenExpression(own.written) };

  function rewrite(text: string): string {
    let result = text;
    if (own !== undefined && endsWithPath.has(fault.rule)) {
      const end = [resolve(base, own.value), own.value].find((path) => path !== '' && text.endsWith(path));
      if (end !== undefined) result = text.slice(0, -end.length) + own.written;
    }
    const first = own === undefined ? [] : [own];
    for (const { value, written } of [...first, ...substituted.values()]) {
      result = result.replaceAll(`"${value}"`, () => `"${written}"`);
    }
    return result;
  }

  return {
    ...rest,
    // Characters of a substituted text have no place in the file.
    ...(own === undefined && within !== undefined ? { within: spread(within, escaped.get(fault.pointer) ?? []) } : {}),
    message: rewrite(message),
    ...(hint !== undefined && { hint: rewrite(hint) }),
  };
}

/** Characters of a text in the file, where it has a `$` more at each of the offsets. */
function spread([start, end]: readonly [number, number], escapes: readonly number[]): readonly [number, number] {
  return [
    start + escapes.filter((offset) => offset <= start).length,
    end + escapes.filter((offset) => offset < end).length,
  ];
}

/** What is wrong with an expression can't be said without its words. */
function hiddenExpression(written: string): Pick<Fault, 'message' | 'hint'> {
  return {
    message: `"${written}" stands for an expression with this fault`,
    hint: 'what comes from the environment is not shown; write the expression itself here to see where it is',
  };
}
