import type { Scalar } from 'yaml';

/**
 * Where in the file each character of a scalar stands: offsets, one for each UTF-16 unit of its value, and the
 * offset after the last. Absent where that can't be said.
 */
export function scalarOffsets(text: string, node: Scalar): readonly number[] | undefined {
  if (typeof node.value !== 'string' || !node.range) return undefined;
  const [start, end] = node.range;
  const offsets =
    node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
      ? blockOffsets(text, start, end, node.value)
      : flowOffsets(text, start, end, node.type);
  offsets.push(offsets.length === 0 ? start : (offsets.at(-1) ?? start) + 1);
  return offsets.length > node.value.length ? offsets : undefined;
}

/** Plain and quoted scalars. One line break with the white space around it is a space, n + 1 of them are n breaks. */
function flowOffsets(text: string, start: number, end: number, type: Scalar['type']): number[] {
  const quoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
  const stop = quoted ? end - 1 : end;
  const offsets: number[] = [];
  for (let at = quoted ? start + 1 : start; at < stop; ) {
    const rest = text.slice(at, stop);
    const fold = /^[ \t]*\r?\n\s*/.exec(rest)?.[0];
    const breaks = fold === undefined ? 1 : Math.max(1, fold.split('\n').length - 2);
    for (let unit = 0; unit < breaks; unit++) offsets.push(at);
    at += fold?.length ?? unitLength(rest, type);
  }
  return offsets;
}

function unitLength(rest: string, type: Scalar['type']): number {
  if (type === 'QUOTE_SINGLE' && rest.startsWith("''")) return 2;
  if (type !== 'QUOTE_DOUBLE' || !rest.startsWith('\\')) return 1;
  const lengths: { readonly [letter: string]: number } = { x: 4, u: 6, U: 10 };
  return lengths[rest.charAt(1)] ?? 2;
}

/** Literal and folded blocks: after the header line, each line without the block's indentation. */
function blockOffsets(text: string, start: number, end: number, value: string): number[] {
  const written: number[] = [];
  let at = text.indexOf('\n', start) + 1;
  if (at === 0) return written;
  const indent = leadingSpaces(text.slice(at, end)) - leadingSpaces(value);
  while (at < end) {
    const lineEnd = text.indexOf('\n', at);
    const stop = lineEnd === -1 ? end : Math.min(lineEnd + 1, end);
    for (let unit = Math.min(at + indent, stop - 1); unit < stop; unit++) written.push(unit);
    at = stop;
  }
  return align(text, written, value);
}

/** Of what is written, the value has all but some line breaks, and some of those as a space. Empty if that isn't so. */
function align(text: string, written: readonly number[], value: string): number[] {
  const offsets: number[] = [];
  let next = 0;
  for (const unit of value.split('')) {
    let at = written[next++];
    while (at !== undefined && !isUnit(unit, text[at]) && isBreak(text[at])) at = written[next++];
    if (at === undefined || !isUnit(unit, text[at])) return [];
    offsets.push(at);
  }
  return offsets;
}

function isUnit(unit: string, written: string | undefined): boolean {
  return unit === written || (unit === ' ' && written === '\n');
}

function isBreak(written: string | undefined): boolean {
  return written === '\n' || written === '\r';
}

/** Of the first line that has more than spaces. */
function leadingSpaces(text: string): number {
  return /^(?: *\r?\n)*( *)/.exec(text)?.[1]?.length ?? 0;
}
