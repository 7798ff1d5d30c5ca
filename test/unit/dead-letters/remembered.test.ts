import { expect } from 'chai';
import { listExamples } from '../../../src/config/plugins/examples.js';
import type { Delivery, Endpoint, KafkaRecord } from '../../../src/core/model.js';
import { Rejection } from '../../../src/core/rejection.js';
import { deadLetter } from '../../../src/core/stages/dead-letter.js';
import { verify } from '../../../src/core/stages/verify.js';
import { fromRecord } from '../../../src/testing/dry-run/from-record.js';
import { dryRunRequest } from '../../../src/testing/dry-run/request.js';
import { deliveryOf, loadEndpoint, pluginNames, requestOf, signed } from '../plugins-data/endpoints.js';
import { now } from '../signature/support.js';
import { expectRecord } from './contract.js';
import { deadLetterTopic, World } from './world.js';

/** Plugins whose deliveries carry a secret as it is, in a header. */
const inTheClear = [
  ...[
    'asaas',
    'cashtocode',
    'chargebee',
    'deepgram',
    'flutterwave',
    'gitlab',
    'google_pubsub',
    'marqeta',
    'phonepe_v2',
    'postmark',
    'revenuecat',
    'xendit',
  ],
];

async function letterOf(endpoint: Endpoint): Promise<{ letter: KafkaRecord; sent: Delivery }> {
  const [example] = await listExamples(endpoint.provider.folder);
  const request = requestOf(endpoint, example ?? expect.fail());
  const sent =
    endpoint.name === 'flutterwave' ? withHash(endpoint, deliveryOf(request)) : deliveryOf(signed(endpoint, request));
  const delivery = verify(endpoint, sent, now);
  return { letter: deadLetter(deadLetterTopic, endpoint, delivery, [new Rejection('route_none')]), sent };
}

/** Flutterwave signs, or sends its secret as it is. */
function withHash({ secrets }: Endpoint, delivery: Delivery): Delivery {
  const text = secrets.map(({ key }) => key.export().toString());
  return { ...delivery, headers: { ...delivery.headers, 'verif-hash': text.slice(0, 1) } };
}

/** The texts of the headers that are secrets. */
function secretsIn({ provider }: Endpoint, { headers }: Delivery): readonly string[] {
  return provider.scheme.secretHeaders.flatMap((name) => headers[name] ?? []);
}

function renamed(endpoint: Endpoint): Endpoint {
  return { ...endpoint, secrets: endpoint.secrets.map((secret) => ({ ...secret, name: `new ${secret.name}` })) };
}

describe('secrets that deliveries carry as they are', () => {
  it('are known of every plugin that has such', async () => {
    const endpoints = await Promise.all(pluginNames.map((name) => loadEndpoint(name)));
    const found = endpoints.filter(({ provider }) => provider.scheme.secretHeaders.length > 0);
    expect(found.map(({ name }) => name)).to.deep.equal(inTheClear);
  });

  for (const name of inTheClear) {
    describe(name, () => {
      let endpoint: Endpoint;
      let letter: KafkaRecord;
      let sent: Delivery;
      before(async () => {
        endpoint = await loadEndpoint(name);
        ({ letter, sent } = await letterOf(endpoint));
      });

      it('are not in a dead letter, proven or not', () => {
        const secrets = secretsIn(endpoint, sent);
        expect(secrets).to.not.be.empty;
        const unproven = deadLetter(deadLetterTopic, endpoint, sent, [new Rejection('signature_mismatch')]);
        for (const record of [letter, unproven]) {
          expectRecord({ ...record, partition: 0, offset: 0n, timestamp: now });
          for (const secret of secrets) expect(JSON.stringify(record.headers)).to.not.include(secret);
        }
      });

      it('prove a letter by their name, as long as the endpoint has one of it', async () => {
        const world = new World();
        world.write(letter);
        const tally = await world.replay([renamed(endpoint)]);
        expect(tally).to.deep.include({ replayed: 0, published: 0, byName: 0 });
        expect(await world.replay([endpoint])).to.deep.include({ replayed: 1, failing: [] });
      });

      it('are not needed to explain a letter', async () => {
        const again = fromRecord({ ...letter, place: '' } as Parameters<typeof fromRecord>[0], endpoint, now);
        const walked = await dryRunRequest(again.endpoint, again.delivery, { now, largest: 1e6, deadLetterTopic });
        expect(walked.published.map(({ record }) => record.topic)[0]).to.match(new RegExp(`^webhooks\\.${name}\\.`));
      });
    });
  }

  it('prove nothing where the letter says that nothing was proven', async () => {
    const endpoint = await loadEndpoint('gitlab');
    const { letter, sent } = await letterOf(endpoint);
    const unproven = deadLetter(deadLetterTopic, endpoint, sent, [new Rejection('signature_mismatch')]);
    const world = new World();
    world.write({ ...unproven, headers: { ...unproven.headers, ce_secretname: letter.headers.ce_secretname ?? '' } });
    const tally = await world.replay([endpoint]);
    expect(tally?.failing.map(({ reason }) => reason)).to.deep.equal(['signature_missing']);
  });

  it('prove by the host of their key where that is fetched, and of no other', async () => {
    const endpoint = await loadEndpoint('google_pubsub');
    const { letter } = await letterOf(endpoint);
    const replay = async (host: string) => {
      const world = new World();
      world.write({ ...letter, headers: { ...letter.headers, ce_secretname: host } });
      return world.replay([{ ...endpoint, secrets: [] }]);
    };
    expect(await replay('www.googleapis.com')).to.deep.include({ replayed: 1, byName: 1 });
    expect(await replay('www.googleapis.com.evil.example')).to.deep.include({ replayed: 0, published: 0 });
    expect(await replay('current')).to.deep.include({ replayed: 0, published: 0 });
  });

  it('are counted by name where they count so', async () => {
    const endpoint = await loadEndpoint('gitlab');
    const world = new World();
    world.write((await letterOf(endpoint)).letter);
    expect(await world.replay([endpoint])).to.deep.include({ replayed: 1, byName: 1 });
  });
});
