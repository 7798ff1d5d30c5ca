import type { ErrorObject } from 'ajv';
import type { Fault } from '../core/model.js';
import { closest } from '../diagnostics/closest.js';
import { toPointer } from '../diagnostics/pointer.js';
import { explainErrors } from '../diagnostics/schema-faults.js';

const secretPlace =
  /^\/(endpoints\/\d+\/(secrets(\/\d+)?|protect\/key)|kafka\/sasl\/(password|clientCredentials\/clientSecret)|(kafka|dedupe\/redis)\/tls\/key|dedupe\/redis\/(sentinel\/)?password|server\/tls\/key|admin\/token|telemetry\/otlp\/headers\/[^/]+)(\/env)?$/;
const referenceKeys = ['name', 'for', 'env', 'file', 'notBefore', 'expires'];

/** Explains the schema's errors, those that come of a secret written into the file as what they are. */
export function explainGatewayErrors(errors: readonly ErrorObject[]): readonly Fault[] {
  const inline = errors.flatMap(inlineSecret);
  const places = new Set(inline.map(({ holder }) => holder));
  const rest = errors.filter((error) => inlineSecret(error).length === 0 && !places.has(error.instancePath));
  return [...inline.map(({ fault }) => fault), ...explainErrors(rest)];
}

function inlineSecret(error: ErrorObject): readonly { fault: Fault; holder: string }[] {
  const { instancePath: pointer, keyword, data } = error;
  if (!secretPlace.test(pointer)) return [];
  if (keyword === 'additionalProperties') {
    const key = String(error.params.additionalProperty);
    // A typo is explained as such.
    const isId = pointer.endsWith('/protect/key') && closest(key, ['id']) !== undefined;
    if (isId || referenceKeys.includes(key) || closest(key, referenceKeys) !== undefined) return [];
    return [{ fault: fault(pointer + toPointer(key), true), holder: pointer }];
  }
  const literal = keyword === 'type' && (typeof data === 'string' || typeof data === 'number');
  if (pointer.endsWith('/env') ? keyword !== 'pattern' : !literal) return [];
  return [{ fault: fault(pointer, false), holder: pointer }];
}

function fault(pointer: string, key: boolean): Fault {
  return {
    rule: 'secret-inline',
    severity: 'error',
    pointer,
    key,
    message: pointer.endsWith('/env')
      ? '"env" must be the name of an environment variable, not the secret itself'
      : 'A secret must not stand in this file',
    hint: 'put it into an environment variable and name that, as in { env: STRIPE_WEBHOOK_SECRET }, or into a { file: … }',
  };
}
