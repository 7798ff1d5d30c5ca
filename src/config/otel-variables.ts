import type { Fault } from '../core/model.js';
import { isHeaderValue, isOwnHeader, readUrl, toTracesUrl } from './otlp-request.js';
import { optional } from './plugins/optional.js';
import { Redacted } from './settings.js';
import type { Environment } from './substitute.js';

/** What the environment says of traces, in the names of OpenTelemetry. */
export interface OtelVariables {
  /** They are turned off, whatever else is said. */
  readonly disabled: boolean;
  /** Where they are posted to. */
  readonly url?: string;
  readonly headers: { readonly [name: string]: Redacted };
  readonly sampling?: number;
  readonly resource: { readonly [name: string]: string };
}

type Complain = (name: string, message: string, hint?: string) => void;

/** Port 4318 of this machine, where a collector listens. */
const localCollector = 'http://localhost:4318';

/**
 * Reads the `OTEL_*` variables (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/). One that cannot be used is a warning and counts as not set; an
 * empty one is not set. No value gets into a message: it may be a secret.
 */
export function readOtelVariables(environment: Environment, faults: Fault[]): OtelVariables {
  const get = (name: string) => environment[name]?.trim() || undefined;
  const complain: Complain = (name, message, hint) => {
    faults.push({
      rule: 'config-invalid',
      severity: 'warning',
      pointer: '',
      message: `${name} ${message}`,
      ...(hint !== undefined && { hint }),
    });
  };
  const exporters = get('OTEL_TRACES_EXPORTER')
    ?.split(',')
    .map((each) => each.trim());
  const isOff = get('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || exporters?.includes('none') === true;
  // Whoever turns it off does not want to hear of the rest.
  if (isOff) return { disabled: true, headers: {}, resource: {} };
  if (exporters !== undefined && !exporters.includes('otlp')) {
    complain(
      'OTEL_TRACES_EXPORTER',
      'names no exporter that the gateway has',
      'it has "otlp", and "none" for no traces',
    );
  }
  const list = (name: string) => readList(name, get(name), complain);
  return {
    disabled: false,
    ...optional('url', readTarget(get, complain, exporters?.includes('otlp') === true)),
    headers: readHeaders(
      { ...list('OTEL_EXPORTER_OTLP_HEADERS'), ...list('OTEL_EXPORTER_OTLP_TRACES_HEADERS') },
      complain,
    ),
    ...optional('sampling', readSampling(get, complain)),
    resource: { ...list('OTEL_RESOURCE_ATTRIBUTES'), ...optional('service.name', get('OTEL_SERVICE_NAME')) },
  };
}

function readHeaders(pairs: { readonly [name: string]: string }, complain: Complain): OtelVariables['headers'] {
  const usable = Object.entries(pairs).filter(([name, text]) => !isOwnHeader(name) && isHeaderValue(text));
  if (usable.length < Object.keys(pairs).length) {
    complain('OTEL_EXPORTER_OTLP_HEADERS', 'has a header that a request cannot have, or that the gateway sets itself');
  }
  return Object.fromEntries(usable.map(([name, text]) => [name.toLowerCase(), new Redacted(text)]));
}

type Get = (name: string) => string | undefined;

/** `isWanted`: it is said that there are to be traces, if not where. */
function readTarget(get: Get, complain: Complain, isWanted: boolean): string | undefined {
  const own = get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const [name, text] =
    own === undefined
      ? ['OTEL_EXPORTER_OTLP_ENDPOINT', get('OTEL_EXPORTER_OTLP_ENDPOINT') ?? (isWanted ? localCollector : undefined)]
      : ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', own];
  if (text === undefined) return undefined;
  const protocol = get('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? get('OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol === 'grpc') {
    complain(
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'is grpc, which the gateway does not speak: no traces are exported',
      'set it to http/json, and the endpoint to the port for HTTP (4318)',
    );
    return undefined;
  }
  // That of traces is taken as it is; the general one is the root of all signals.
  const url = own === undefined ? toTracesUrl(text) : readUrl(text)?.href;
  if (url === undefined) complain(name, 'must be an http or https URL without a password: no traces are exported');
  return url;
}

const isRatio = (value: number) => value >= 0 && value <= 1;

/** Of a parent nobody is sure: `parentbased_…` means the same as without. */
function readSampling(get: Get, complain: Complain): number | undefined {
  const sampler = get('OTEL_TRACES_SAMPLER')?.replace(/^parentbased_/, '');
  if (sampler === undefined) return undefined;
  if (sampler === 'always_on') return 1;
  if (sampler === 'always_off') return 0;
  if (sampler !== 'traceidratio') {
    complain('OTEL_TRACES_SAMPLER', 'is none that the gateway has', 'it has always_on, always_off and traceidratio');
    return undefined;
  }
  const ratio = get('OTEL_TRACES_SAMPLER_ARG');
  if (ratio === undefined || isRatio(Number(ratio))) return Number(ratio ?? 1);
  complain('OTEL_TRACES_SAMPLER_ARG', 'is not a number from 0 to 1');
  return undefined;
}

/** `key=value,key=value`, with values in percent-encoding. */
function readList(name: string, text: string | undefined, complain: Complain): { readonly [key: string]: string } {
  const parts = text?.split(',').filter((part) => part.trim() !== '') ?? [];
  const pairs = parts.flatMap((part) => {
    const at = part.indexOf('=');
    const key = part.slice(0, Math.max(at, 0)).trim();
    const value = decode(part.slice(at + 1).trim());
    if (keyForm.test(key) && value !== undefined) return [[key, value] as const];
    complain(name, 'has a part that is not key=value');
    return [];
  });
  return Object.fromEntries(pairs);
}

const keyForm = /^[!#$%&'*+.^_`|~\w-]+$/;

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
