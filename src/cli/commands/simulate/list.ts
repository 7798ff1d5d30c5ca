import { BaseCommand } from '../../base-command.js';
import { endpointFlag, prepareSimulation } from '../../simulation.js';
import { formatTable } from '../../table.js';
import { configFlag } from '../../which-config.js';

interface Row {
  readonly endpoint: string;
  readonly provider: string;
  readonly type: string;
}

export default class SimulateList extends BaseCommand {
  static override summary = 'List the event types that can be sent: the examples of the plugins in use.';
  static override examples = ['<%= config.bin %> simulate list', '<%= config.bin %> simulate list --endpoint stripe'];
  static override flags = { config: configFlag, endpoint: endpointFlag };

  override async run(): Promise<{ examples: readonly Row[] }> {
    const { flags } = await this.parse(SimulateList);
    const { offers } = await prepareSimulation(flags);
    const examples = offers.map(({ endpoint, type }) => ({
      endpoint: endpoint.name,
      provider: endpoint.provider.name,
      type,
    }));
    this.log(
      formatTable(
        ['ENDPOINT', 'TYPE'],
        examples.map(({ endpoint, type }) => [endpoint, type]),
      ),
    );
    return { examples };
  }
}
