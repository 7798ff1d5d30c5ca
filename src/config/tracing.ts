import type { Fault } from '../core/model.js';
import type { PartialTelemetry } from './declaration.js';
import { type Materials, readSecret } from './external-inputs.js';
import { readOtelVariables } from './otel-variables.js';
import { isHeaderValue, isOwnHeader, toTracesUrl } from './otlp-request.js';
import { Redacted, type TracingSettings } from './settings.js';

const at = '/telemetry/otlp';

/**
 * Compiles `telemetry.otlp`, with the variables of OpenTelemetry for what it leaves open. Absent: no spans are made, since
 * nobody has said where to send them, or since a variable turns them off.
 */
export function compileTracing(
  { otlp = {} }: PartialTelemetry,
  materials: Materials,
  faults: Fault[],
): TracingSettings | undefined {
  const variables = readOtelVariables(materials.environment, faults);
  const headers = readHeaders(otlp.headers ?? {}, materials, faults);
  const declared = otlp.endpoint === undefined ? undefined : readEndpoint(otlp.endpoint, faults);
  const url = otlp.endpoint === undefined ? variables.url : declared;
  if (url === undefined || variables.disabled) return undefined;
  return {
    url,
    headers: { ...variables.headers, ...headers },
    sampling: otlp.sampling ?? variables.sampling ?? 1,
    resource: {
      'service.name': 'webhook-gateway',
      ...variables.resource,
      ...(otlp.serviceName !== undefined && { 'service.name': otlp.serviceName }),
    },
  };
}

function readEndpoint(text: string, faults: Fault[]): string | undefined {
  const url = toTracesUrl(text);
  if (url === undefined) {
    faults.push({ ...invalid, pointer: `${at}/endpoint`, message: 'The endpoint must be an http or https URL' });
  }
  return url;
}

function readHeaders(
  declared: NonNullable<NonNullable<PartialTelemetry['otlp']>['headers']>,
  materials: Materials,
  faults: Fault[],
): TracingSettings['headers'] {
  return Object.fromEntries(
    Object.entries(declared).flatMap(([name, reference]) => {
      const pointer = `${at}/headers/${name}`;
      if (isOwnHeader(name)) {
        faults.push({ ...invalid, pointer, key: true, message: `The gateway sets the header "${name}" itself` });
        return [];
      }
      const text = readSecret(reference, pointer, materials, faults);
      if (text === undefined) return [];
      if (!isHeaderValue(text)) {
        const message = 'This text has a character that no header can have, such as a line break';
        faults.push({ ...invalid, pointer: `${pointer}/${reference.env === undefined ? 'file' : 'env'}`, message });
        return [];
      }
      return [[name.toLowerCase(), new Redacted(text)]];
    }),
  );
}

const invalid = { rule: 'config-invalid', severity: 'error' } as const;
