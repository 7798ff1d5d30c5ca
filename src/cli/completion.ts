import type { ValueKind } from './completed-values.js';

/** A command as the completion needs it. */
export interface CompletedCommand {
  /** Its words: `dlq list`. */
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  /** Values of its first argument, where there are few. */
  readonly values: readonly string[];
  /** What its arguments are, where the configuration says which there are. */
  readonly kind: ValueKind | undefined;
}

export interface CompletedFlag {
  /** Without the dashes. */
  readonly name: string;
  readonly summary: string;
  readonly takesValue: boolean;
  /** Where there are few. */
  readonly values: readonly string[];
  readonly kind: ValueKind | undefined;
}

export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/**
 * A script that completes commands, flags and their values in this shell; files are completed where nothing else is known. What the
 * configuration says, such as topics, it asks the command line for, by `completion --values`.
 */
export function makeCompletion(shell: Shell, bin: string, commands: readonly CompletedCommand[]): string {
  if (shell === 'fish') return makeFish(bin, commands);
  const script = makeBash(bin, commands);
  return shell === 'bash' ? script : `#compdef ${bin}\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

/** Command, or the words that commands begin with → the words that can follow. */
function listWords(commands: readonly CompletedCommand[]): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, Set<string>>();
  const add = (after: string, word: string) => words.set(after, (words.get(after) ?? new Set()).add(word));
  for (const { name, flags, values } of commands) {
    const parts = name.split(' ');
    for (const [index, part] of parts.entries()) add(parts.slice(0, index).join(' '), part);
    for (const word of [...values, ...flags.map((flag) => `--${flag.name}`)]) add(name, word);
  }
  return new Map([...words].map(([after, found]) => [after, [...found].sort()]));
}

function makeBash(bin: string, commands: readonly CompletedCommand[]): string {
  const words = listWords(commands);
  const values = commands.flatMap(({ name, flags }) =>
    flags.filter((flag) => flag.takesValue).map((flag) => [`${name} --${flag.name}`, flag] as const),
  );
  const ask = (kind: ValueKind) => `$(_${bin}_values ${kind})`;
  const asked = commands.flatMap(({ name, kind }) =>
    kind === undefined ? [] : [`    "${name}") words="$words ${ask(kind)}" ;;`],
  );
  const names = [...words.keys()].filter(Boolean).map((name) => `"${name}"`);
  return `_${bin}_values() {
  local config=() word="" given=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-2}"; do
    [[ "$given" == -c || "$given" == --config ]] && config=(--config "$word")
    given="$word"
  done
  "\${COMP_WORDS[0]}" completion --values "$1" "\${config[@]}" 2>/dev/null </dev/null
}
_${bin}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${command:+$command }$word" in
      ${names.join(' | ')}) command="\${command:+$command }$word" ;;
    esac
  done
  case "$command" in
${[...words].map(([after, found]) => `    "${after}") words="${found.join(' ')}" ;;`).join('\n')}
  esac
  case "$command $previous" in
${values.map(([name, flag]) => `    "${name}") words="${flag.kind === undefined ? flag.values.join(' ') : ask(flag.kind)}" ;;`).join('\n')}
    *) [[ "$current" == -* ]] || case "$command" in
${asked.map((line) => `  ${line}`).join('\n')}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${bin} ${bin}
`;
}

function makeFish(bin: string, commands: readonly CompletedCommand[]): string {
  const lines = [
    `function __${bin}_words; string join ' ' -- (string match -v -- '-*' (commandline -opc)[2..]); end`,
    `function __${bin}_at; test (__${bin}_words) = "$argv"; end`,
    `function __${bin}_in; string match -q -- "$argv *" (__${bin}_words)' '; end`,
  ];
  const ask = (kind: ValueKind) => ` -x -a '(${bin} completion --values ${kind} 2>/dev/null)'`;
  for (const { name, summary, flags, values, kind } of commands) {
    const parts = name.split(' ');
    for (const [index, part] of parts.entries()) {
      const last = index === parts.length - 1;
      const about = last ? ` -d ${quote(summary)}` : '';
      lines.push(`complete -c ${bin} -n '__${bin}_at ${parts.slice(0, index).join(' ')}' -f -a ${part}${about}`);
    }
    if (values.length > 0) lines.push(`complete -c ${bin} -n '__${bin}_at ${name}' -f -a ${quote(values.join(' '))}`);
    if (kind !== undefined) lines.push(`complete -c ${bin} -n '__${bin}_in ${name}'${ask(kind)}`);
    for (const flag of flags) {
      const known = flag.kind === undefined ? undefined : ask(flag.kind);
      const takes =
        known ?? (flag.values.length > 0 ? ` -x -a ${quote(flag.values.join(' '))}` : flag.takesValue ? ' -r' : '');
      lines.push(`complete -c ${bin} -n '__${bin}_in ${name}' -l ${flag.name}${takes} -d ${quote(flag.summary)}`);
    }
  }
  return `${[...new Set(lines)].join('\n')}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
