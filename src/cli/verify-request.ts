import { randomUUID } from 'node:crypto';
import type { Delivery, Endpoint, KeyDocument } from '../core/model.js';
import { Failure } from '../exit.js';
import type { CapturedRequest } from '../testing/diagnosis/captured-request.js';
import type { Diagnosis } from '../testing/diagnosis/diagnose.js';
import { printable } from '../util/printable.js';
import { endpointNamed } from './endpoint.js';
import { readInput } from './read-input.js';
import { loadSettings } from './settings.js';
import { whichConfig } from './which-config.js';

export type RequestReport = Diagnosis & { readonly endpoint: string; readonly notes: readonly string[] };

interface Options {
  readonly endpoint: string;
  readonly config?: string | undefined;
  /** When the request arrived, in milliseconds since the epoch. */
  readonly now: number;
}

/** Verifies the request in a file with the secrets of an endpoint, and looks for the cause if it is refused. */
export async function verifyRequest(file: string, { endpoint: name, config, now }: Options): Promise<RequestReport> {
  const { notes, ...request } = await readCaptured(file);
  const settings = await loadSettings(whichConfig(config).file, { warn: false });
  const endpoint = await endpointNamed(settings.endpoints, name);
  const delivery: Delivery = { id: randomUUID(), receivedAt: now, ...request };
  const { diagnoseRequest } = await import('../testing/diagnosis/diagnose.js');
  const keys = await fetchKeys(endpoint, delivery, now);
  return { ...diagnoseRequest(delivery, { endpoint, all: settings.endpoints, now, keys }), endpoint: name, notes };
}

async function readCaptured(file: string): Promise<CapturedRequest> {
  const { readRequest } = await import('../testing/diagnosis/captured-request.js');
  try {
    return readRequest(await readInput(file));
  } catch (error) {
    throw error instanceof Failure || !(error instanceof Error)
      ? error
      : new Failure('usage', `${file}: ${error.message}`);
  }
}

/** As the gateway does before it verifies; what is wrong with the delivery shows then. */
export async function fetchKeys(
  endpoint: Endpoint,
  delivery: Delivery,
  now: number,
): Promise<ReadonlyMap<string, KeyDocument>> {
  const { scheme } = endpoint.provider;
  const none: ReadonlyMap<string, KeyDocument> = new Map();
  if (!scheme.fetchesKeys) return none;
  const [{ createKeySource }, { gatherKeys }, { Rejection }] = await Promise.all([
    import('../server/keys/source.js'),
    import('../core/stages/verify.js'),
    import('../core/rejection.js'),
  ]);
  const source = createKeySource();
  try {
    return await gatherKeys(scheme, delivery, endpoint, now, (request) => source.get(request, endpoint.name));
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return none;
  }
}

/** For the operator: what was found, the causes that are certain before all. */
export function describeRequest(report: RequestReport): string {
  const notes = report.notes.map((note) => `  note: ${note}`);
  if (report.verified) {
    const when = report.signedAt === undefined ? '' : `, signed at ${report.signedAt}`;
    const how = report.handshake === true ? report.secret : `secret "${report.secret}"${when}`;
    return [`Proven for endpoint "${report.endpoint}": ${how}`, ...notes].map(printable).join('\n');
  }
  const { code, meaning, detail, causes } = report;
  return [
    `Refused by endpoint "${report.endpoint}": ${code}: ${meaning}`,
    ...(detail === undefined ? [] : [`  ${detail}`]),
    ...notes,
    ...(causes.length === 0 ? [] : ['', 'Likely cause:']),
    ...causes.flatMap(({ cause, advice }) => [`  ${cause}`, ...(advice === undefined ? [] : [`    → ${advice}`])]),
  ]
    .map(printable)
    .join('\n');
}
