export interface Instruction {
  readonly name: string;
  /** `--from=build` → from: build. */
  readonly flags: { readonly [name: string]: string };
  readonly text: string;
}

/** The instructions of a Dockerfile, without comments, continued lines joined. */
export function parseDockerfile(source: string): readonly Instruction[] {
  const lines = source
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.map((line) => {
    const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    const [marked = ''] = /^(--\S+\s+)*/.exec(rest) ?? [];
    const flags = [...marked.matchAll(/--([\w-]+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]);
    return { name: name.toUpperCase(), flags: Object.fromEntries(flags), text: rest.slice(marked.length) };
  });
}

/** A command in JSON form: the only one that gets signals as it should. */
export function parseExec(text: string): readonly string[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || !value.every((part) => typeof part === 'string')) throw new Error(`not a list: ${text}`);
  return value;
}

/** Whether .dockerignore keeps a file out of the build: the last pattern that fits the path or a folder above it decides. */
export function createIgnore(source: string): (path: string) => boolean {
  const rules = source
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({
      ignore: !line.startsWith('!'),
      pattern: toRegExp(line.replace(/^!/, '').replace(/^\/|\/$/g, '')),
    }));
  return (path) => {
    const parts = path.split('/');
    const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    return rules.findLast(({ pattern }) => above.some((one) => pattern.test(one)))?.ignore ?? false;
  };
}

function toRegExp(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('**', '\0').replaceAll('*', '[^/]*').replaceAll('\0', '.*')}$`);
}
