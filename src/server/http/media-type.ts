/**
 * Whether a Content-Type is one of `accepted`: lower-case media types, in which `*` stands for any run of characters. A
 * request without the header passes: the signature says more about it than a label does.
 */
export function acceptsMediaType(accepted: readonly string[], contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const end = contentType.indexOf(';');
  const type = (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
  return accepted.some((pattern) => pattern === type || matches(pattern, type));
}

function matches(pattern: string, type: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return false;
  const head = pattern.slice(0, star);
  const tail = pattern.slice(star + 1);
  return type.length >= head.length + tail.length && type.startsWith(head) && type.endsWith(tail);
}
