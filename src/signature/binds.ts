import type { Binds } from '../core/model.js';
import type { Plan } from './plan.js';
import type { ValuePart } from './templates.js';

const strength: readonly Binds[] = ['nothing', 'fields', 'body'];

/** A checksum that anybody can make another body for binds nothing. */
function bindsPart({ source, filters, name }: ValuePart): Binds {
  if (filters.some((filter) => filter.name === 'crc32')) return 'nothing';
  if (source === 'raw' || (source === 'form' && name === '')) return 'body';
  return source === 'json' || source === 'item' || source === 'form' ? 'fields' : 'nothing';
}

/** What a signature covers. `payload`: the source that the plugin reads the payload from, where it isn't the body. */
export function bindsOf({ parts: { signed, from }, method }: Plan, payload: ValuePart | undefined): Binds {
  const token = !('cases' in method) && method.algorithm.kind === 'jws' && !method.algorithm.detached;
  if (token && from[0]?.source === 'raw') return 'body';
  const whole = signed.some(
    ({ source, name }) => payload !== undefined && source === payload.source && name === payload.name && name !== '',
  );
  return whole ? 'body' : strongest(signed.map(bindsPart));
}

export function strongest(all: readonly Binds[]): Binds {
  return strength[Math.max(0, ...all.map((each) => strength.indexOf(each)))] ?? 'nothing';
}

export function weakest(all: readonly Binds[]): Binds {
  return strength[Math.min(...all.map((each) => strength.indexOf(each)))] ?? 'nothing';
}
