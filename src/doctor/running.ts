import { type Finding, fail, ok, warn } from './finding.js';

/** What of a gateway's `/status` is looked at. */
const troubles: readonly (readonly [string, unknown, string, string])[] = [
  [
    'dedupeUsable',
    false,
    'it cannot read or write the dedupe window: repetitions may be published again',
    'see its log; make room in dedupe.dir or let its user write there',
  ],
  [
    'dedupeStoreUsable',
    false,
    'it cannot use Redis: other replicas may publish the same events',
    'see its log; the findings about redis say more',
  ],
  [
    'spoolUnusable',
    true,
    'it cannot use the spool: without Kafka, webhooks are answered with 503',
    'see its log; make room in spool.dir or let its user write there',
  ],
  ['spoolFull', true, 'its spool is full: webhooks are answered with 503', 'see gateway status: is Kafka there?'],
];

/**
 * What the gateway that runs with a configuration says of itself; nothing if none answers. `ask`: gets what its `/status`
 * has, and rejects where nobody answers.
 */
export async function examineRunning(where: string, ask: () => Promise<unknown>): Promise<readonly Finding[]> {
  const status = await ask().catch(() => undefined);
  if (typeof status !== 'object' || status === null || !('ready' in status)) return [];
  const said = new Map<string, unknown>(Object.entries(status));
  const found = troubles
    .filter(([name, bad]) => said.get(name) === bad)
    .map(([, , message, hint]) => fail('running', `the gateway at ${where}: ${message}`, hint));
  if (found.length > 0) return found;
  const { ready } = status;
  if (ready === true) return [ok('running', `the gateway at ${where} is ready`)];
  return [warn('running', `the gateway at ${where} is not ready`, 'its /ready says why')];
}
