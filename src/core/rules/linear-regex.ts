import { RE2JS } from 're2js';
import { tooMuch } from './budget.js';
import { mostElements } from './guarded-functions.js';

const compiled = new WeakMap<RegExp, RE2JS>();

/**
 * Translates a JavaScript regex into one that matches in linear time. Throws an `Error` where that is impossible
 * (lookaround, backreferences).
 */
export function toLinear(regex: RegExp): RE2JS {
  const known = compiled.get(regex);
  if (known !== undefined) return known;
  let flags = 0;
  if (regex.ignoreCase) flags |= RE2JS.CASE_INSENSITIVE;
  if (regex.multiline) flags |= RE2JS.MULTILINE;
  if (regex.dotAll) flags |= RE2JS.DOTALL;
  const linear = RE2JS.compile(RE2JS.translateRegExp(regex.source), flags);
  compiled.set(regex, linear);
  return linear;
}

/** As much of `RegExp` as JSONata uses, over RE2: no pattern takes more than linear time. */
export class LinearRegex {
  lastIndex = 0;
  readonly #regex: RE2JS;
  #found = 0;

  constructor(regex: RegExp) {
    this.#regex = toLinear(regex);
  }

  exec(text: string): ((string | null)[] & { index: number }) | null {
    const matcher = this.#regex.matcher(text);
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    // JSONata looks at its clock only before the first and after the last.
    if (++this.#found > mostElements) throw tooMuch();
    this.lastIndex = matcher.end();
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group));
    return Object.assign(groups, { index: matcher.start() });
  }
}
