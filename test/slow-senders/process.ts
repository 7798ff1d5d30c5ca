/** The slow senders in a process of their own, so that whoever measures beside them is not slowed down by them. */
import { startSlowSenders } from './senders.js';

const [, , job = '{}'] = process.argv;
startSlowSenders(JSON.parse(job));
