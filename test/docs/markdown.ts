/** A fenced block of a Markdown text. */
export interface Fence {
  readonly language: string;
  readonly text: string;
}

export function fences(markdown: string): readonly Fence[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** What stands between `<!-- name -->` and `<!-- /name -->`. */
export function marked(markdown: string, name: string): string {
  const found = new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)<!-- /${name} -->`).exec(markdown);
  if (found === null) throw new Error(`no part <!-- ${name} -->`);
  return found[1] ?? '';
}

export function replaceMarked(markdown: string, name: string, text: string): string {
  const start = markdown.indexOf(`<!-- ${name} -->`) + `<!-- ${name} -->\n`.length;
  return markdown.slice(0, start) + text + markdown.slice(markdown.indexOf(`<!-- /${name} -->`));
}
