import { BaseCommand } from '../cli/base-command.js';
import { type CompletedCommand, makeCompletion, type Shell, shells } from '../cli/completion.js';
import { Failure } from '../cli/failure.js';
import { Args, Flags } from '../cli/oclif.js';
import { configFlag, whichConfig } from '../cli/which-config.js';

export default class Completion extends BaseCommand {
  static override summary = 'Print a script that completes commands and flags in your shell.';
  static override description =
    'bash: eval "$(gateway completion bash)" in ~/.bashrc. zsh: the same with zsh, in ~/.zshrc, after compinit. ' +
    'fish: gateway completion fish > ~/.config/fish/completions/gateway.fish.';
  static override examples = ['eval "$(<%= config.bin %> completion bash)"'];
  static override args = {
    shell: Args.string({ name: 'SHELL', options: [...shells], description: 'Which shell.' }),
  };
  static override flags = {
    config: configFlag,
    types: Flags.boolean({
      hidden: true,
      description: 'Print the event types that can be sent with the configuration, for the script.',
    }),
  };

  override async run(): Promise<{ shell: Shell; script: string } | { types: readonly string[] }> {
    const { args, flags } = await this.parse(Completion);
    if (flags.types) return this.#printTypes(flags.config);
    if (args.shell === undefined) throw new Failure('usage', `Which shell? ${shells.join(', ')}`);
    const shell = shells.find((each) => each === args.shell) ?? 'bash';
    const commands = this.config.commands.filter(({ hidden }) => !hidden).map(toCompleted);
    const script = makeCompletion(shell, this.config.bin, commands);
    this.log(script.trimEnd());
    return { shell, script };
  }

  async #printTypes(config: string | undefined): Promise<{ types: readonly string[] }> {
    const { prepareSimulation } = await import('../cli/simulation.js');
    const { offers } = await prepareSimulation({ config: whichConfig(config).file });
    const types = [...new Set(offers.map(({ type }) => type))].sort();
    this.log(types.join('\n'));
    return { types };
  }
}

type Loadable = Completion['config']['commands'][number];

function toCompleted({ id, summary = '', flags, args }: Loadable): CompletedCommand {
  const [first] = Object.values(args);
  return {
    name: id.replaceAll(':', ' '),
    summary,
    values: first?.options ?? [],
    flags: Object.values(flags)
      .filter(({ hidden }) => !hidden)
      .map((flag) => ({
        name: flag.name,
        summary: flag.description ?? '',
        takesValue: flag.type === 'option',
        values: flag.type === 'option' ? (flag.options ?? []) : [],
        ...(flag.name === 'type' ? { asks: 'completion --types' } : {}),
      })),
  };
}
