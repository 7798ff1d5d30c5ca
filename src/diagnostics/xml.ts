const entities: { readonly [character: string]: string | undefined } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/**
 * A text as XML 1.0 has it in attributes and elements (https://www.w3.org/TR/xml/#charsets): what it has no character for,
 * escaped or not, and control characters, which terminals obey, become U+FFFD.
 */
export function escapeXml(text: string): string {
  return text
    .replace(
      /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|(?![\t\r\n])\p{Cc}/gu,
      '\ufffd',
    )
    .replace(/[&<>"\n]/g, (character) => entities[character] ?? character);
}
