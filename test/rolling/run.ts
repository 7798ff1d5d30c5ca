import { parseArgs } from 'node:util';
import { endLeft } from '../e2e/cli.js';
import { rollOver } from './restart.js';

/** `npm run rolling-restart -- --replicas 3 --requests 10000`: restarts gateways in turn behind a proxy; no request may fail. Needs `npm run build`. */
const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '2' },
    requests: { type: 'string', default: '1000' },
    restarts: { type: 'string', default: '4' },
    workers: { type: 'string', default: '1' },
    delay: { type: 'string', default: '2000' },
  },
});
try {
  const rolled = await rollOver({
    replicas: Number(values.replicas),
    requests: Number(values.requests),
    restarts: Number(values.restarts),
    workers: Number(values.workers),
    shutdownDelay: Number(values.delay),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(rolled)}\n`);
  if (rolled.failed + rolled.lost > 0) process.exitCode = 1;
} finally {
  endLeft();
}
