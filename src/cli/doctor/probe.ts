import type { KafkaSettings } from '../../config/settings.js';
import type { Connection } from '../../kafka/connection/connection.js';
import { BrokerConnection } from '../../kafka/wire/broker-connection.js';
import { parseHostPort } from '../../util/host-port.js';

/** Asks one broker, over a connection of its own, as the gateway publishes over one. Rejects with a `PublishError`. */
export async function probe<Answer>(
  settings: KafkaSettings,
  broker: string,
  ask: (connection: Connection) => Promise<Answer>,
): Promise<Answer> {
  const connection = new BrokerConnection(settings, parseHostPort(broker));
  try {
    await connection.opened;
    return await connection.ask(ask);
  } finally {
    connection.close();
  }
}
