import type { GatewaySettings } from '../config/settings.js';
import type { Status } from '../server/telemetry/status.js';
import type { InspectorConfig, InspectorTopics, LintFinding, RouteHits } from './contract.js';
import type { Helper } from './helper/helper.js';
import type { Description } from './helper/messages.js';
import type { ActivityPart } from './recorder.js';
import { Refused } from './respond.js';

/** Milliseconds that a description and a lint may take, and for which the findings of the latter count. */
const describeLimit = 30_000;
const lintLimit = 60_000;
const freshness = 15_000;

type State = Status['config'];

/** What is said of the running configuration: made by the helper once for each, and once more when somebody asks later. */
export class Configuration {
  readonly #helper: Pick<Helper, 'run'>;
  #described: { readonly digest: string; readonly description: Promise<Description> } | undefined;
  #lint: { readonly at: number; readonly digest: string; result: InspectorConfig['lint'] } | undefined;

  constructor(helper: Pick<Helper, 'run'>) {
    this.#helper = helper;
  }

  async describe(state: State, parts: readonly ActivityPart[]): Promise<InspectorConfig> {
    const { file, digest, loadedAt, lastError } = state;
    const { routes, ...description } = await this.#describeOnce(digest);
    return {
      file,
      digest,
      loadedAt,
      ...(lastError !== undefined && { lastError }),
      ...description,
      routes: routes.map((route) => withHits(route, parts)),
      lint: this.#lintNow(digest),
    };
  }

  #describeOnce(digest: string): Promise<Description> {
    if (this.#described?.digest === digest) return this.#described.description;
    const description = this.#helper.run('describe', {}, { limit: describeLimit });
    this.#described = { digest, description };
    description.catch(() => (this.#described = undefined));
    return description;
  }

  /** What is known; where that is old, somebody who asks again gets better. */
  #lintNow(digest: string): InspectorConfig['lint'] {
    const known = this.#lint;
    const isRunning = known?.result.state === 'running';
    if (known !== undefined && known.digest === digest && (isRunning || performance.now() - known.at < freshness))
      return known.result;
    const lint = { at: performance.now(), digest, result: running };
    this.#lint = lint;
    this.#helper.run('lint', {}, { limit: lintLimit }).then(
      ({ findings }) => this.#note(digest, 'done', findings),
      () => this.#note(digest, 'failed', []),
    );
    return running;
  }

  #note(digest: string, state: InspectorConfig['lint']['state'], findings: readonly LintFinding[]): void {
    this.#lint = { at: performance.now(), digest, result: { state, findings } };
  }
}

const running: InspectorConfig['lint'] = { state: 'running', findings: [] };

function withHits({ route: name, ...route }: Description['routes'][number], parts: readonly ActivityPart[]): RouteHits {
  const own = hitsOf(parts).filter((each) => each.endpoint === route.endpoint && each.route === name);
  const last = Math.max(0, ...own.map((each) => each.last));
  const hits = own.reduce((sum, each) => sum + each.hits, 0);
  return { ...route, hits, ...(last > 0 && { lastHit: new Date(last).toISOString() }) };
}

function hitsOf(parts: readonly ActivityPart[]) {
  return parts.flatMap(({ endpoints }) =>
    endpoints.flatMap(({ name, routes }) => routes.map((each) => ({ endpoint: name, ...each }))),
  );
}

/** Topics with what waits for them. */
export function describeTopics(
  { topics, endpoints, deadLetter }: GatewaySettings,
  status: Status,
  parts: readonly ActivityPart[],
): InspectorTopics {
  const hits = hitsOf(parts);
  return {
    connected: status.connected,
    spoolFull: status.spoolFull,
    topics: topics.map((topic) => {
      const lane = status.lanes.find((each) => each.topic === topic);
      const own = endpoints.filter(({ routes }) => routes.some((route) => route.topic === topic));
      return {
        topic,
        deadLetters: topic === deadLetter.topic,
        endpoints: own.map(({ name }) => name),
        // The name of a route ends with its topic.
        hits: hits.filter(({ route }) => route.endsWith(` ${topic}`)).reduce((sum, each) => sum + each.hits, 0),
        open: lane?.open ?? true,
        spooled: lane?.records ?? 0,
        spooledBytes: lane?.bytes ?? 0,
        oldestSeconds: lane?.oldestSeconds ?? 0,
        parked: lane?.parked ?? 0,
      };
    }),
  };
}

/** The reason of a Refused for whoever may only look. */
export function refuseReadOnly(settings: GatewaySettings): void {
  if (settings.admin?.token === undefined)
    throw new Refused(
      403,
      'read_only',
      'without admin.token the inspector only shows: add it to the configuration, and restart',
    );
}
