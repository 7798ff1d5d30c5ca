import type { Coverage } from '../../config/coverage.js';
import type { Endpoint, Route } from '../../core/model.js';
import { BaseCommand } from '../base-command.js';
import { Flags } from '../oclif.js';
import { loadSettings } from '../settings.js';
import { formatTable } from '../table.js';
import { terminalWidth } from '../terminal.js';
import { configFlag, whichConfig } from '../which-config.js';

interface Row {
  readonly endpoint: string;
  readonly provider: string;
  readonly path: string;
  /** Names only. */
  readonly secrets: readonly string[];
  readonly events: readonly string[];
  readonly when?: string;
  readonly topic: string;
  readonly key?: string;
  readonly declaredAt: string;
}

export default class Routes extends BaseCommand {
  static override summary = 'Show which event of which endpoint goes to which topic, under which key.';
  static override description =
    'Routes stand in the order in which they are tried: the first that matches an event wins.';
  static override examples = [
    '<%= config.bin %> routes',
    '<%= config.bin %> routes --json',
    '<%= config.bin %> routes --coverage',
  ];
  static override flags = {
    config: configFlag,
    coverage: Flags.boolean({
      description:
        "Which event types of the provider's catalogue reach which route, which reach none, and which routes none reaches.",
    }),
  };

  override async run(): Promise<{ routes: readonly Row[]; deadLetterTopic: string; coverage?: readonly Coverage[] }> {
    const { flags } = await this.parse(Routes);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const routes = settings.endpoints.flatMap((endpoint) => endpoint.routes.map((route) => toRow(endpoint, route)));
    if (flags.coverage) {
      const { coverageOf } = await import('../../config/coverage.js');
      const coverage = settings.endpoints.map(coverageOf);
      this.log(coverage.map(formatCoverage).join('\n'));
      return { routes, deadLetterTopic: settings.deadLetter.topic, coverage };
    }
    this.log(
      formatTable(
        ['ENDPOINT', 'PATH', 'SECRETS', 'EVENTS', 'TOPIC', 'KEY'],
        routes.map((row) => [
          row.endpoint,
          row.path,
          row.secrets.join(', '),
          [row.events.join(', '), row.when && `when ${row.when}`].filter(Boolean).join(' ') || '*',
          row.topic,
          row.key ?? '(subject, else id)',
        ]),
        { width: terminalWidth(), minor: ['SECRETS', 'PATH'] },
      ),
    );
    this.log(`\nDead letters: ${settings.deadLetter.topic}`);
    this.nextOnTerminal(['gateway routes --coverage'], flags.config);
    return { routes, deadLetterTopic: settings.deadLetter.topic };
  }
}

const mostNamed = 4;

/** All of them are in the JSON. */
function firstOf(types: readonly string[]): string {
  return types.slice(0, mostNamed).join(', ') + (types.length > mostNamed ? ', …' : '');
}

function formatCoverage({ endpoint, provider, eventTypes, routes, byDefault, unrouted }: Coverage): string {
  const named = eventTypes - byDefault.length - unrouted.length;
  const head =
    eventTypes === 0
      ? `${endpoint}: plugin ${provider} has no list of event types`
      : `${endpoint}: ${eventTypes} event types of plugin ${provider}: ${named} by name, ${byDefault.length} by a route for every type, ${unrouted.length} by none`;
  const rows = routes.map(({ topic, declaredAt, when, types, reachable }) => [
    topic,
    reachable ? String(types.length) : 'none',
    [reachable ? firstOf(types) : 'no event type gets here', when && `when ${when}`].filter(Boolean).join(' '),
    declaredAt,
  ]);
  const lost =
    unrouted.length === 0 ? [] : [['(dead letters)', String(unrouted.length), unrouted.join(', '), 'no route']];
  return `${head}\n${formatTable(['TOPIC', 'TYPES', 'WHICH', 'ROUTE'], [...rows, ...lost], { width: terminalWidth(), minor: ['ROUTE'] })}\n`;
}

function toRow(endpoint: Endpoint, route: Route): Row {
  return {
    endpoint: endpoint.name,
    provider: endpoint.provider.name,
    path: endpoint.path,
    secrets: endpoint.secrets.map(({ name }) => name),
    events: route.events ?? [],
    ...(route.when && { when: route.when.source }),
    topic: route.topic,
    ...(route.key && { key: route.key.source }),
    declaredAt: route.declaredAt,
  };
}
