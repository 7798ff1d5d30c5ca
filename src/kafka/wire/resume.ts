import { PublishError } from '../../core/model.js';
import type { ProduceResult } from '../client.js';
import { describeCode, describeFault, losesSequence, toFault } from '../faults.js';
import { estimateBytes } from '../queue.js';
import type { Numbered } from '../unanswered.js';
import type { Cluster } from './cluster.js';
import type { Encode } from './encode.js';

/**
 * Sends a batch of another process as it was: see `KafkaClient.resume`. Kafka takes the number for what it knows by it, and
 * drops the batch if it is another. So the records have to be the same, and the topic, too; how they are compressed does not
 * matter to it. Never rejects.
 */
export async function resumeBatch(
  cluster: Cluster,
  encode: Encode,
  { topic, partition, records, numbering }: Numbered,
): Promise<ProduceResult> {
  const size = records.reduce((sum, record) => sum + estimateBytes(record), 0);
  const { bytes, checksum } = await encode({ topic, records }, size, numbering, numbering.timestamp);
  if (checksum !== numbering.checksum) return giveUp('these are not the records that were sent');
  try {
    // Just now: under the same name and address there may be another topic of another cluster.
    const faults = await cluster.learn([topic]);
    const code = faults.get(topic);
    if (code !== undefined) return describeCode(code, topic);
    if (cluster.topicId(topic) !== numbering.topicId) return giveUp('the topic is another one now');
    const leader = cluster.leader(topic, partition);
    if (leader === undefined) return describeFault('LEADER_NOT_AVAILABLE', 'no leader');
    const link = await cluster.link(leader);
    const { topics } = await link.ask((connection) => connection.produce([{ topic, partition, bytes }]));
    const answer = topics.get(topic)?.[partition];
    if (answer === undefined) return describeFault('UNEXPECTED', 'a broker said nothing of a batch');
    return answer.code === 0 ? answer.offset : judge(describeCode(answer.code, topic));
  } catch (error) {
    return toFault(error);
  }
}

/** Where the broker has forgotten or disowns the producer, the number says nothing any more. */
function judge(fault: PublishError): PublishError {
  return losesSequence(fault) ? giveUp(fault.message) : fault;
}

function giveUp(why: string): PublishError {
  return new PublishError('refused', 'NUMBER_LOST', `a batch cannot be sent under its former number: ${why}`);
}
