import { stringify } from 'yaml';
import { developmentSecrets } from '../../src/testing/plugins/secrets.js';
import { plugins } from '../e2e/cli.js';
import { declarationOf } from '../unit/plugins-data/endpoints.js';

/** Every provider that has scenarios and may be played by the proof. */
const providers = [
  'adyen',
  'checkout_com',
  'gocardless',
  'mollie',
  'paddle',
  'paypal',
  'razorpay',
  'square',
  'stripe',
] as const;

/** A configuration, and the environment that it needs. */
export interface Setup {
  readonly config: string;
  readonly environment: { readonly [name: string]: string };
}

export interface SetupOptions {
  readonly brokers: readonly string[];
  readonly replicationFactor: number;
  readonly ports: { readonly front: number; readonly back: number };
  readonly topicPrefix: string;
  readonly workers: number;
}

/** An endpoint of each provider, with two secrets, so that they can be rotated. */
export async function prepareSetup(options: SetupOptions): Promise<Setup> {
  const environment: { [name: string]: string } = {};
  const endpoints = await Promise.all(providers.map((provider) => prepareEndpoint(provider, environment)));
  const { brokers, replicationFactor, ports, topicPrefix, workers } = options;
  const config = stringify({
    version: 1,
    server: { listen: `127.0.0.1:${ports.front}`, workers, publicUrl: 'https://hooks.example.com' },
    admin: { listen: `127.0.0.1:${ports.back}` },
    plugins,
    kafka: {
      brokers: brokers.join(','),
      topicPrefix,
      topics: { create: 'missing', partitions: 3, replicationFactor },
    },
    spool: { dir: 'data/spool' },
    dedupe: { dir: 'data/dedupe' },
    endpoints,
  });
  return { config, environment };
}

async function prepareEndpoint(provider: string, environment: { [name: string]: string }): Promise<object> {
  const declaration = await declarationOf(provider);
  const secrets = ([0, 1] as const).flatMap((index) =>
    [...developmentSecrets(declaration, index).values()].map((text) => {
      const env = `SECRET_${provider}_${index}`.toUpperCase();
      environment[env] = text;
      return { name: index === 0 ? 'current' : 'previous', env };
    }),
  );
  const params = Object.fromEntries(Object.keys(declaration.params ?? {}).map((name) => [name, `made_up_${name}`]));
  return {
    provider,
    path: `/webhooks/${provider}`,
    accept: ['signature-body-unbound', 'event-unbound'],
    secrets,
    ...(Object.keys(params).length > 0 ? { params } : {}),
  };
}
