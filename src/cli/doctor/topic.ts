import { type Finding, fail, ok, unknown, warning } from './finding.js';

/** A topic as the cluster has it. */
export interface TopicFacts {
  readonly name: string;
  readonly partitions: number;
  /** Of the partition that has the fewest. */
  readonly replicas: number;
  readonly inSync: number;
  /** Absent: this user may not know. */
  readonly minInSync?: number;
  /** Bytes. */
  readonly maxBytes?: number;
}

/** What a topic's numbers mean for records that are acknowledged by all in-sync replicas. `largest`: bytes of a record. */
export function examineTopic(facts: TopicFacts, largest: number): readonly Finding[] {
  const { name, partitions, replicas, inSync, minInSync, maxBytes } = facts;
  const id = `topic ${name}`;
  const findings = [...examineReplicas(id, facts), ...examineSize(id, maxBytes, largest)];
  if (findings.length > 0) return findings;
  return [
    ok(id, `${partitions} partitions, ${replicas} replicas, ${inSync} in sync, min.insync.replicas ${minInSync}`),
  ];
}

function examineReplicas(id: string, { replicas, inSync, minInSync }: TopicFacts): readonly Finding[] {
  if (minInSync === undefined) {
    const text = `${replicas} replicas; min.insync.replicas and max.message.bytes are not known to this user`;
    return [unknown(id, text, 'allow DESCRIBE_CONFIGS on the topic')];
  }
  if (inSync < minInSync) {
    const text = `${inSync} replicas are in sync, and min.insync.replicas is ${minInSync}: nothing can be written`;
    return [fail(id, text, 'bring the missing brokers back; until then records wait in the spool')];
  }
  if (replicas === 1) {
    return [
      warning(id, 'it has one replica: with that disk its records are lost', 'replication factor 3 on a cluster'),
    ];
  }
  if (minInSync >= replicas) {
    const text = `min.insync.replicas is ${minInSync} of ${replicas} replicas: one broker away stops all writing`;
    return [warning(id, text, `set min.insync.replicas to ${replicas - 1}`)];
  }
  if (minInSync === 1) {
    const text = `min.insync.replicas is 1 of ${replicas} replicas: an acknowledged record may be on one disk only`;
    return [warning(id, text, 'set min.insync.replicas to 2')];
  }
  if (inSync < replicas) {
    const text = `${inSync} of ${replicas} replicas are in sync`;
    return [warning(id, text, 'see which broker is unavailable or slow')];
  }
  return [];
}

function examineSize(id: string, maxBytes: number | undefined, largest: number): readonly Finding[] {
  if (maxBytes === undefined || maxBytes >= largest) return [];
  const text = `max.message.bytes is ${maxBytes}, and a record can have ${largest}: larger bodies become dead letters`;
  return [warning(id, text, 'raise max.message.bytes of the topic or lower server.limits.body')];
}
