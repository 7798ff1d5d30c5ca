import { chooseExample } from '../../config/plugins/choose-example.js';
import type { GatewaySettings } from '../../config/settings.js';
import type { ExampleOffer } from '../../testing/simulator/compose.js';
import { prepareRequests } from '../simulation.js';

/** The example that shows an endpoint at work; absent: its plugin has none. */
export function firstOffer({ endpoints }: GatewaySettings, offers: readonly ExampleOffer[]): ExampleOffer | undefined {
  const [first] = endpoints;
  return (
    first &&
    chooseExample(
      first.routes,
      offers.filter(({ endpoint }) => endpoint === first),
    )
  );
}

/** Sends the example of the first endpoint, then of the next one, signed as the provider would sign it. */
export function exampleSender(
  settings: () => GatewaySettings,
  offersOf: (settings: GatewaySettings) => Promise<readonly ExampleOffer[]>,
  base: string,
) {
  let sent = 0;
  return async (): Promise<void> => {
    const { endpoints } = settings();
    const endpoint = endpoints[sent++ % endpoints.length];
    const offers = (await offersOf(settings())).filter((offer) => offer.endpoint === endpoint);
    const offer = endpoint && chooseExample(endpoint.routes, offers);
    if (offer === undefined) throw new Error(`the plugin of ${endpoint?.name} has no example`);
    const next = await prepareRequests(offer, { base, invalid: false, overrides: [] });
    const { createSender } = await import('../../testing/simulator/sender.js');
    const sender = createSender(base, 1, true);
    try {
      await sender.send(next());
    } finally {
      await sender.close();
    }
  };
}
