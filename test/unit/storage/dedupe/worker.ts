import { createInterface } from 'node:readline';
import { PublishError } from '../../../../src/core/model.js';
import { event, open, placed } from './support.js';

/**
 * A process of a gateway with several. Lines to stdin: `once ID`, `ack ID OFFSET`, `fail ID`, `close`. Lines from stdout:
 * `publish ID`, `done ID OFFSET accepted|duplicate`, `failed ID`.
 */
const [dir = ''] = process.argv.slice(2);
const dedupe = await open(dir, { shared: true });
const publishes = new Map<string, { ack: (offset: number) => void; fail: () => void }>();

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function once(id: string): Promise<void> {
  try {
    const { placement, duplicate } = await dedupe.once(event(id), () => {
      say(`publish ${id}`);
      return new Promise((resolve, reject) => {
        publishes.set(id, {
          ack: (offset) => resolve(placed(offset)),
          fail: () => reject(new PublishError('unavailable', 'X', 'no')),
        });
      });
    });
    const offset = 'offset' in placement ? placement.offset : 'spooled';
    say(`done ${id} ${offset} ${duplicate ? 'duplicate' : 'accepted'}`);
  } catch {
    say(`failed ${id}`);
  }
}

say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [verb = '', id = '', offset = ''] = line.split(' ');
  if (verb === 'once') void once(id);
  if (verb === 'ack') publishes.get(id)?.ack(Number(offset));
  if (verb === 'fail') publishes.get(id)?.fail();
  if (verb === 'close') {
    await dedupe.close();
    process.exit(0);
  }
}
