import { apiVersionsV3, Connection, describeClusterV0, metadataV9 } from '@platformatic/kafka';
import type { KafkaSettings } from '../../config/settings.js';
import { configureSecurity } from '../../kafka/platformatic/options.js';
import { parseHostPort } from '../../util/host-port.js';
import { guessRelease } from './broker-version.js';

/** Milliseconds. */
const patience = 5_000;

/** What kafkajs has no requests for. Rejects with the library's errors. */
export interface Probe {
  /** See `guessRelease`. */
  release(): Promise<string | undefined>;
  /** Topic → its authorized operations, of topics that are there. Needs Kafka 2.4. */
  topicRights(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The cluster's authorized operations. Needs Kafka 2.8. */
  clusterRights(): Promise<number>;
}

/** Asks one broker, over a connection of its own. */
export async function probe<Answer>(
  settings: KafkaSettings,
  broker: string,
  ask: (probe: Probe) => Promise<Answer>,
): Promise<Answer> {
  const { host, port } = parseHostPort(broker);
  const options = { ...configureSecurity(settings, host), connectTimeout: patience, requestTimeout: patience };
  const connection = new Connection(settings.clientId, options);
  // Without a listener an error would end the process.
  connection.on('error', () => undefined);
  try {
    await connection.connect(host, port);
    return await ask({
      release: async () => guessRelease((await apiVersionsV3.api.async(connection, 'webhook-gateway', '1')).apiKeys),
      async topicRights(topics) {
        const answer = await metadataV9.api.async(connection, [...topics], false, true);
        return new Map(answer.topics.map((topic) => [topic.name ?? '', topic.topicAuthorizedOperations]));
      },
      clusterRights: async () => (await describeClusterV0.api.async(connection, true, 0)).clusterAuthorizedOperations,
    });
  } finally {
    await connection.close().catch(() => undefined);
  }
}
