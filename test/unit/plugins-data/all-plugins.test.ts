import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { loadConfig } from '../../../src/config/load.js';
import type { Delivery, Endpoint, OutgoingRequest, Secret, VerifiedDelivery } from '../../../src/model.js';
import type { PluginDeclaration } from '../../../src/plugins/declaration.js';
import { type Example, listExamples } from '../../../src/plugins/examples.js';
import { readPlugin } from '../../../src/plugins/load.js';
import { recordsOf } from '../../../src/rehearsal/replay.js';
import { developmentSecrets } from '../../../src/rehearsal/secrets.js';
import { freshen, type Random } from '../../../src/simulate/freshen.js';
import { makeRequest, signRequest } from '../../../src/simulate/request.js';
import { verify } from '../../../src/stages/verify.js';
import { now, rejectionOf } from '../signature/support.js';
import { outcomeOf, readVectors, refusal } from '../signature/vectors.js';

const root = new URL('../../../plugins/', import.meta.url);
const site = 'https://hooks.example.com';
const names = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();
const vectors = readVectors();

/** Examples whose id is none of the payload's: `dropbox` sends the same bytes each time, and the moment of arrival counts. */
const alike: ReadonlySet<string> = new Set(['dropbox list_folder']);

async function declarationOf(name: string): Promise<PluginDeclaration> {
  const { source, diagnostics } = await readPlugin(new URL(name, root).pathname);
  if (source === undefined) throw new Error(JSON.stringify(diagnostics, undefined, 2));
  return source.declaration;
}

/** The endpoint of a gateway.yaml in which it is the only one, with all secrets and parameters that the plugin knows. */
async function loadEndpoint(name: string, folder: string, index: 0 | 1 = 0): Promise<Endpoint> {
  const declaration = await declarationOf(name);
  const texts = [...developmentSecrets(declaration, index)];
  const secrets = texts.map(([kind], at) => ({ name: kind || 'current', env: `SECRET_${at}` }));
  const params = Object.fromEntries(Object.keys(declaration.params ?? {}).map((param) => [param, `made_up_${param}`]));
  const gateway = {
    version: 1,
    server: { publicUrl: site },
    embedded: { dir: './data' },
    plugins: [new URL('.', root).pathname],
    endpoints: [
      {
        ...{ provider: name, path: `/webhooks/${name}`, accept: ['signature-body-unbound', 'event-unbound'] },
        ...(secrets.length === 0 ? {} : { secrets }),
        ...(Object.keys(params).length === 0 ? {} : { params }),
      },
    ],
  };
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, stringify(gateway));
  const env = Object.fromEntries(texts.map(([, text], at) => [`SECRET_${at}`, text]));
  const { settings, diagnostics } = await loadConfig(file, env, now);
  expect(diagnostics, JSON.stringify(diagnostics, undefined, 2)).to.deep.equal([]);
  const endpoint = settings?.endpoints[0];
  if (endpoint === undefined) throw new Error(`no endpoint for ${name}`);
  return endpoint;
}

/** As the simulator sends it: what a body says of the time is now. */
function requestOf(
  { path, provider }: Endpoint,
  example: Example,
  time = now,
  random: Random = () => 0,
): OutgoingRequest {
  return makeRequest(site + path, freshen(example, example.fresh, provider.items, time, random));
}

function deliveryOf({ method, url, headers, body }: OutgoingRequest): Delivery {
  const { pathname, search } = new URL(url);
  return {
    ...{ id: '00000000-0000-4000-8000-000000000000', receivedAt: now, method, target: pathname + search, body },
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  };
}

/** Secrets that can sign: the key of the provider itself is public, and nobody here has the private one. */
function signingSecret({ secrets }: Endpoint): Secret | undefined {
  return secrets.find(({ key }) => key.type === 'private') ?? secrets[0];
}

function proven(endpoint: Endpoint, request: OutgoingRequest): VerifiedDelivery {
  const secret = signingSecret(endpoint);
  if (secret === undefined) return { ...deliveryOf(request), proof: { secret: 'published' } } as VerifiedDelivery;
  return verify(endpoint, deliveryOf(signRequest(endpoint, secret, request, now)), now);
}

it('every provider of the signature vectors has a plugin', () => {
  expect(names).to.include.members([...new Set(vectors.map(({ provider }) => provider))]);
});

for (const name of names) {
  describe(`plugins/${name}`, () => {
    let folder: string;
    let endpoint: Endpoint;
    let examples: readonly Example[];

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'gateway-plugin-'));
      endpoint = await loadEndpoint(name, folder);
      examples = await listExamples(endpoint.provider.folder);
    });

    after(() => rmSync(folder, { recursive: true }));

    it('has a README, examples and nothing to complain of', () => {
      expect(existsSync(new URL(`${name}/README.md`, root))).to.equal(true);
      expect(examples).to.not.be.empty;
      expect(endpoint.provider.documentation).to.match(/^https:/);
    });

    it('verifies, validates, identifies and routes its own examples', async () => {
      for (const example of examples) {
        const delivery = proven(endpoint, requestOf(endpoint, example));
        const records = await recordsOf(endpoint, delivery, now).catch((error: unknown) => {
          throw new Error(`${example.type}: ${error} ${JSON.stringify(Object(error).errors ?? '')}`);
        });
        expect(records[0]?.headers.ce_type).to.equal(example.type);
        for (const record of records) expect(record.topic).to.match(new RegExp(`^webhooks\\.${name}\\.`));
      }
    });

    it('takes an example that is sent twice, a second apart, as two events', async () => {
      for (const example of examples.filter(({ type }) => !alike.has(`${name} ${type}`))) {
        const sends = [requestOf(endpoint, example), requestOf(endpoint, example, now + 1000, (limit) => limit - 1)];
        const records = await Promise.all(sends.map((sent) => recordsOf(endpoint, proven(endpoint, sent), now)));
        const [first = [], second = []] = records.map((each) => each.map(({ headers }) => headers.ce_id));
        expect(first).to.not.be.empty;
        expect(second, example.type).to.not.include.any.members(first);
      }
    });

    it('refuses an example that another secret signed', async () => {
      const stranger = await loadEndpoint(name, folder, 1);
      const secret = signingSecret(stranger);
      for (const example of secret === undefined ? [] : examples) {
        const request = signRequest(stranger, secret ?? expect.fail(), requestOf(endpoint, example), now);
        expect(
          rejectionOf(() => verify(endpoint, deliveryOf(request), now)),
          example.type,
        ).to.match(refusal);
      }
    });

    for (const vector of vectors.filter(({ provider }) => provider === name)) {
      it(`${vector.case} is ${vector.valid ? 'proven' : 'refused'} (${vector.why})`, () => {
        const outcome = outcomeOf(vector, endpoint.provider.scheme);
        if (vector.valid) expect(outcome).to.equal('verified');
        else expect(outcome).to.match(refusal);
      });
    }
  });
}
