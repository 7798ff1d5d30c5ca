/**
 * Compiles event patterns: `*` stands for any run of characters, everything else for itself. It searches text for
 * text, never by regex, so that no pattern and no event type can make it slow.
 */
export function compileEvents(globs: readonly string[]): (type: string) => boolean {
  const matchers = globs.map(compileGlob);
  return (type) => matchers.some((matches) => matches(type));
}

function compileGlob(glob: string): (type: string) => boolean {
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return (type) => type === glob;
  return (type) => {
    if (type.length < first.length + last.length || !type.startsWith(first) || !type.endsWith(last)) return false;
    const end = type.length - last.length;
    let at = first.length;
    for (const part of rest) {
      const found = type.indexOf(part, at);
      if (found === -1 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
