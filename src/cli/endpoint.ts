import type { Endpoint } from '../core/model.js';
import { Failure } from '../exit.js';
import { didYouMean } from './did-you-mean.js';

/** The endpoint of this name. Throws a usage Failure, with a did-you-mean, if there is none. */
export async function endpointNamed(endpoints: readonly Endpoint[], name: string): Promise<Endpoint> {
  const found = endpoints.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = endpoints.map((each) => each.name);
  const hint = (await didYouMean(name, names)) ?? `there are ${names.join(', ')}`;
  throw new Failure('usage', `No endpoint "${name}": ${hint}`);
}
