import { Failure } from '../../exit.js';
import { BaseCommand } from '../base-command.js';
import { kindOfArgument, kindOfFlag, listValues, valueKinds } from '../completed-values.js';
import { type CompletedCommand, makeCompletion, type Shell, shells } from '../completion.js';
import { Args, Flags } from '../oclif.js';
import { configFlag } from '../which-config.js';

export default class Completion extends BaseCommand {
  static override summary = 'Print a script that completes commands, flags and their values in your shell.';
  static override description =
    'bash: eval "$(gateway completion bash)" in ~/.bashrc. zsh: the same with zsh, in ~/.zshrc, after compinit. ' +
    'fish: gateway completion fish > ~/.config/fish/completions/gateway.fish. Event types, plugins, topics, endpoints, dead letters and ' +
    'configurations are those that a command would take at the time.';
  static override examples = ['eval "$(<%= config.bin %> completion bash)"'];
  static override args = {
    shell: Args.string({ name: 'SHELL', options: [...shells], description: 'Which shell.' }),
  };
  static override flags = {
    config: configFlag,
    values: Flags.option({ options: valueKinds, description: 'What the script asks for: the values, one a line.' })(),
  };

  override async run(): Promise<{ shell: Shell; script: string } | { values: readonly string[] }> {
    const { args, flags } = await this.parse(Completion);
    if (flags.values !== undefined) {
      const values = await listValues(flags.values, flags.config);
      this.log(values.join('\n'));
      return { values };
    }
    if (args.shell === undefined) throw new Failure('usage', `Which shell? There are ${shells.join(', ')}`);
    const shell = shells.find((each) => each === args.shell) ?? 'bash';
    const commands = this.config.commands.filter(({ hidden }) => !hidden).map(toCompleted);
    const script = makeCompletion(shell, this.config.bin, commands);
    this.log(script.trimEnd());
    return { shell, script };
  }
}

type Loadable = Completion['config']['commands'][number];

function toCompleted({ id, summary = '', flags, args }: Loadable): CompletedCommand {
  const [first] = Object.values(args);
  const name = id.replaceAll(':', ' ');
  return {
    name,
    kind: kindOfArgument(name),
    summary,
    values: first?.options ?? [],
    flags: Object.values(flags).map((flag) => ({
      name: flag.name,
      summary: flag.description ?? '',
      takesValue: flag.type === 'option',
      values: flag.type === 'option' ? (flag.options ?? []) : [],
      kind: flag.type === 'option' && (flag.options ?? []).length === 0 ? kindOfFlag(name, flag.name) : undefined,
    })),
  };
}
