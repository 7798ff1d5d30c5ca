import { setTimeout as delay } from 'node:timers/promises';
import type { Run } from './chaos.js';
import { topics } from './events.js';
import { createRandom } from './random.js';
import { awaitProgress } from './scene.js';

/**
 * So many SIGTERMs, each while Kafka is unavailable for all: halted, which leaves requests unread in its sockets, or killed. One in
 * three gateways starts, and is stopped once more, before Kafka is back.
 */
export function playStops(seed: number, stops: number): Run['play'] {
  const random = createRandom(seed);
  return async (scene) => {
    const { cluster, gateway, say } = scene;
    for (let done = 0; done < stops; ) {
      const halted = random.integer(1, 4) > 1;
      if (halted) for (const node of cluster.nodes) node.pause();
      else await Promise.all(cluster.nodes.map((node) => node.kill()));
      for (let again = true; again && done < stops; again = random.integer(1, 3) === 1) {
        await delay(random.integer(0, 2_500));
        const ended = await gateway.stop();
        done++;
        say(
          `SIGTERM ${done}/${stops} (${halted ? 'halted' : 'killed'}, ${scene.sender.acknowledged} acknowledged): ${ended}`,
        );
        if (ended !== 'ended 0') scene.troubles.push(`SIGTERM ${done}: ${ended}`);
        await gateway.start();
        await gateway.awaitListening();
      }
      if (halted) for (const node of cluster.nodes) node.resume();
      else await Promise.all(cluster.nodes.map((node) => node.start()));
      await cluster.awaitInSync(topics);
      await awaitProgress(scene, 20);
    }
  };
}
