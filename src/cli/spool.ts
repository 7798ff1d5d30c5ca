import { Failure } from '../exit.js';
import { loadSettings } from './settings.js';
import { whichConfig } from './which-config.js';

/** The spool of a configuration with Kafka, for looking into it while its gateway runs or not. */
export async function inspectSpool(flag: string | undefined) {
  const folder = await loadSpoolFolder(flag);
  const [{ askForRecovery, askForRetry, listDamaged, listLanes, listParked }, { realFiles }] = await Promise.all([
    import('../storage/spool/inspect.js'),
    import('../storage/disk/files.js'),
  ]);
  return {
    folder,
    lanes: () => listLanes(realFiles, folder),
    parked: () => listParked(realFiles, folder),
    damaged: () => listDamaged(realFiles, folder),
    askForRetry: () => askForRetry(realFiles, folder),
    askForRecovery: () => askForRecovery(realFiles, folder),
  };
}

async function loadSpoolFolder(flag: string | undefined): Promise<string> {
  const { file } = whichConfig(flag);
  const { publisher } = await loadSettings(file, { warn: false });
  if (publisher.kind === 'kafka') return publisher.spool.dir;
  throw new Failure('negative', `${file} has the embedded log, and no spool: only a gateway with Kafka has one`);
}
