import { BaseCommand } from '../cli/base-command.js';
import { type CompletedCommand, makeCompletion, type Shell, shells } from '../cli/completion.js';
import { Args } from '../cli/oclif.js';

export default class Completion extends BaseCommand {
  static override summary = 'Print a script that completes commands and flags in your shell.';
  static override description =
    'bash: eval "$(gateway completion bash)" in ~/.bashrc. zsh: the same with zsh, in ~/.zshrc, after compinit. ' +
    'fish: gateway completion fish > ~/.config/fish/completions/gateway.fish.';
  static override examples = ['eval "$(<%= config.bin %> completion bash)"'];
  static override args = {
    shell: Args.string({ name: 'SHELL', required: true, options: [...shells], description: 'Which shell.' }),
  };

  override async run(): Promise<{ shell: Shell; script: string }> {
    const { args } = await this.parse(Completion);
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
  return {
    name: id.replaceAll(':', ' '),
    summary,
    values: first?.options ?? [],
    flags: Object.values(flags).map((flag) => ({
      name: flag.name,
      summary: flag.description ?? '',
      takesValue: flag.type === 'option',
      values: flag.type === 'option' ? (flag.options ?? []) : [],
    })),
  };
}
