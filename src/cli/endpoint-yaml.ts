import type { SoundPlugin } from '../config/plugins/catalogue.js';
import { unsignedHeaders } from '../config/plugins/unsigned-headers.js';

/** Where an endpoint's secret of this name is read from, as it stands in the YAML: `env: …` or `file: …`. */
export type SecretReference = (provider: string, kind: string, ofSeveral: boolean) => string;

/** An endpoint for a gateway.yaml that begins with what its plugin needs. */
export interface EndpointYaml {
  readonly provider: string;
  readonly title: string;
  /** Indented as an item of `endpoints`. */
  readonly lines: readonly string[];
  /** Names of the secrets in it, and what they are. */
  readonly secrets: readonly { readonly name: string; readonly description: string }[];
  /** True if it does not start without `server.publicUrl`. */
  readonly needsUrl: boolean;
}

/** `params`: the text of a parameter, as it stands in the YAML. */
export function endpointYaml(
  plugin: SoundPlugin,
  secretReference: SecretReference,
  params: (provider: string, name: string) => string,
): EndpointYaml {
  const { name, title, scheme } = plugin.provider;
  const secrets = wantedSecrets(plugin);
  const references = secrets.map((kind) => {
    const reference = secretReference(name, kind.name, secrets.length > 1);
    return `{ name: ${kind.name}, ${reference} }`;
  });
  const given = scheme.needs.params.filter(({ optional }) => !optional);
  const accepted = acceptedRules(plugin);
  return {
    provider: name,
    title,
    lines: [
      `  - provider: ${name}`,
      `    path: /webhooks/${name}`,
      ...(references.length === 0 ? [] : [`    secrets: [${references.join(', ')}]`]),
      ...(given.length === 0
        ? []
        : ['    params:', ...given.map((each) => `      ${each.name}: ${params(name, each.name)}`)]),
      ...(accepted.length === 0
        ? []
        : [
            `    # What the signature leaves open: gateway plugins show ${name}`,
            `    accept: [${accepted.join(', ')}]`,
          ]),
    ],
    secrets,
    needsUrl: scheme.needs.url,
  };
}

/** Those without which the endpoint proves nothing. One that has no name of its own is called `current`. */
function wantedSecrets({ provider: { scheme } }: SoundPlugin): EndpointYaml['secrets'] {
  const { secret, secrets } = scheme.needs;
  const needed = secrets.filter(({ optional }) => !optional);
  if (needed.length > 0) return needed;
  const [first] = secrets;
  if (first !== undefined) return [first];
  return secret ? [{ name: 'current', description: 'the signing secret of the endpoint' }] : [];
}

function acceptedRules({ provider }: SoundPlugin): readonly string[] {
  const { binds } = provider.scheme;
  const isUnbound = binds !== 'nothing' && unsignedHeaders(provider, provider.routes).length > 0;
  return [...(binds === 'body' ? [] : ['signature-body-unbound']), ...(isUnbound ? ['event-unbound'] : [])];
}
