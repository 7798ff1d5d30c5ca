import { Failure } from './failure.js';
import { loadSettings } from './settings.js';
import { whichConfig } from './which-config.js';

/** The spool's folder of a configuration with Kafka. */
export async function loadSpoolFolder(flag: string | undefined): Promise<string> {
  const { file } = whichConfig(flag);
  const { publisher } = await loadSettings(file, { warn: false });
  if (publisher.kind === 'kafka') return publisher.spool.dir;
  throw new Failure('negative', `${file} has the embedded log, and no spool: only a gateway with Kafka has one`);
}
