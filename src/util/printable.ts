/**
 * What a terminal obeys, or shows in another order or on another line than it stands: C0, DEL, C1, marks and embeddings of
 * direction (https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters), separators of lines and paragraphs.
 */
const hostile = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A text of anybody as one line of a terminal: what could do harm there becomes U+FFFD, a tab a space. */
export function printable(text: string): string {
  return text.replace(hostile, (character) => (character === '\t' ? ' ' : '\ufffd'));
}

/** The same of several lines: line breaks and tabs stay. What of it is a stranger's must be printable already. */
export function printableLines(text: string): string {
  return text.replace(hostile, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours begin with.
const ourColours = /(\u001b\[\d{1,2}m)/;

/** The same of lines that have colours of ours. */
export function printableColoured(text: string): string {
  return text
    .split(ourColours)
    .map((part, index) => (index % 2 === 1 ? part : printableLines(part)))
    .join('');
}

/** A value as JSON has it, each of its texts and names as one line of a terminal. */
export function printableValues(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(printableValues);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [printable(name), printableValues(each)]));
}

/** JSON that says the same, and has those characters as `\u202e`. `json`: as `JSON.stringify` writes it. */
export function escapeJson(json: string): string {
  return json.replace(hostile, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
