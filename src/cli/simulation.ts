import type { GatewaySettings } from '../config/settings.js';
import type { OutgoingRequest } from '../core/model.js';
import { Failure } from '../exit.js';
import type { ComposeOptions, ExampleOffer } from '../testing/simulator/compose.js';
import { reachableHost, writeHostPort } from '../util/host-port.js';
import { didYouMean } from './did-you-mean.js';
import { Flags } from './oclif.js';
import { loadSettings } from './settings.js';
import { configFlag, whichConfig } from './which-config.js';

/** The flags of every `simulate` command that chooses among endpoints. */
export const endpointFlag = Flags.string({
  helpValue: 'NAME',
  description: 'Only this endpoint. Without it: the first in the configuration that has an example of the type.',
});

/** The flags of every `simulate` command that sends. */
export const sendFlags = {
  config: configFlag,
  endpoint: endpointFlag,
  url: Flags.string({
    helpValue: 'URL',
    description:
      'Where the gateway is, instead of server.listen of the configuration; with a path, the whole address to send to.',
    parse: async (text) => parseUrl(text),
  }),
};

/** What can be sent with the configuration, and where the gateway listens. */
export interface Simulation {
  readonly offers: readonly ExampleOffer[];
  readonly base: string;
  /** Its certificate is not checked: it is asked by the address at which it listens. */
  readonly trusting: boolean;
}

/** Throws a Failure if the configuration can't be used or has no such endpoint. */
export async function prepareSimulation(flags: {
  readonly config?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly url?: string | undefined;
}): Promise<Simulation> {
  const { endpoints, base, trusting } = await prepareEndpoints(flags);
  return { offers: await listOffers({ endpoints }, undefined), base, trusting };
}

/** The endpoints of the configuration, or the one that is asked for. Throws a Failure as `prepareSimulation` does. */
export async function prepareEndpoints(flags: {
  readonly config?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly url?: string | undefined;
}): Promise<Omit<Simulation, 'offers'> & Pick<GatewaySettings, 'endpoints'>> {
  const { file, url } = whichConfig(flags.config);
  const settings = await loadSettings(file, { warn: false });
  const names = settings.endpoints.map(({ name }) => name);
  if (flags.endpoint !== undefined && !names.includes(flags.endpoint)) {
    throw new Failure('usage', `No endpoint "${flags.endpoint}" in ${file}: it has ${names.join(', ')}`);
  }
  const endpoints = settings.endpoints.filter(({ name }) => flags.endpoint === undefined || name === flags.endpoint);
  return { endpoints, base: flags.url ?? url ?? listenUrl(settings), trusting: flags.url === undefined };
}

/** Chooses the first offer of the type. Throws a usage Failure, with a did-you-mean, if there is none. */
export async function chooseOffer(offers: readonly ExampleOffer[], type: string): Promise<ExampleOffer> {
  const offer = offers.find((candidate) => candidate.type === type);
  if (offer) return offer;
  const types = offers.map((candidate) => candidate.type);
  const hint = (await didYouMean(type, types)) ?? 'gateway simulate list shows what there is';
  throw new Failure('usage', `No example of type "${type}": ${hint}`);
}

/** A source of signed requests. Throws a Failure if the endpoint has no active secret; so does the source, if it can't sign. */
export async function prepareRequests(offer: ExampleOffer, options: ComposeOptions): Promise<() => OutgoingRequest> {
  const { composer } = await import('../testing/simulator/compose.js');
  const next = composer(offer, options);
  if (!next) throw new Failure('config', `No secret of endpoint "${offer.endpoint.name}" is active now`);
  return () => {
    try {
      return next();
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'Error') throw error;
      throw new Failure(
        'negative',
        `${offer.type} can't be sent to endpoint "${offer.endpoint.name}": ${error.message}`,
      );
    }
  };
}

/** All that can be sent to the endpoints, or to the one of this name. */
export async function listOffers(
  { endpoints }: Pick<GatewaySettings, 'endpoints'>,
  endpointName: string | undefined,
): Promise<readonly ExampleOffer[]> {
  const { listSendable } = await import('../config/plugins/examples.js');
  const chosen = endpoints.filter(({ name }) => endpointName === undefined || name === endpointName);
  const offers = await Promise.all(
    chosen.map(async (endpoint) => {
      const examples = await listSendable(endpoint.provider.folder).catch((error: Error) => {
        throw new Failure('config', error.message);
      });
      return examples.map(({ type, headers, payload, fresh }) => ({
        endpoint,
        type,
        message: { headers, payload },
        fresh,
      }));
    }),
  );
  return offers.flat();
}

function listenUrl({ listen: { host, port }, tls }: GatewaySettings): string {
  return `${tls === undefined ? 'http' : 'https'}://${writeHostPort({ host: reachableHost(host), port })}`;
}

function parseUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new Failure('usage', `--url ${text}: not an http URL`);
  return text;
}
