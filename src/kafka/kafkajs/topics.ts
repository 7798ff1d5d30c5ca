import type { Admin } from 'kafkajs';

/** Topic → number of partitions; topics that are missing are left out. */
export async function countPartitions(admin: Admin, topics: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  if (topics.length === 0) return counts;
  try {
    await count([...topics]);
  } catch (error) {
    rethrowUnlessProtocol(error);
    // One missing topic fails the question for all.
    for (const topic of topics) await count([topic]).catch(rethrowUnlessProtocol);
  }
  return counts;

  async function count(names: string[]): Promise<void> {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: names });
    for (const { name, partitions } of found) if (partitions.length > 0) counts.set(name, partitions.length);
  }
}

function isProtocolError(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at.name === 'KafkaJSProtocolError') return true;
  return false;
}

function rethrowUnlessProtocol(error: unknown): void {
  if (!isProtocolError(error)) throw error;
}
