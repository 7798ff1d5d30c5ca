import type { Fault, Network, Provider } from '../core/model.js';
import { readNetworks } from '../util/networks.js';

/** What stands for the addresses that the plugin lists. */
const ofProvider = 'provider';

/** Compiles `allow` of an endpoint, at `pointer`: networks, and `provider` for those of the plugin. */
export function compileAllow(
  declared: readonly string[],
  pointer: string,
  { name, addresses }: Pick<Provider, 'name' | 'addresses'>,
  faults: Fault[],
): readonly Network[] {
  return declared.flatMap((text, index) => {
    const at = `${pointer}/${index}`;
    if (text !== ofProvider) return readNetworks([text], () => at, faults);
    if (addresses !== undefined) return addresses.networks;
    faults.push({
      rule: 'config-invalid',
      severity: 'error',
      pointer: at,
      message: `The plugin "${name}" has no list of addresses`,
      hint: 'give the networks themselves, as the provider publishes them, or leave "allow" out',
    });
    return [];
  });
}
