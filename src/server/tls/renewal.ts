import { isDeepStrictEqual } from 'node:util';
import { expiryOf, findTlsFault, type TlsTexts } from '../../config/certificate.js';
import type { TlsSettings } from '../../config/settings.js';
import { disk, type Files } from '../../util/read-text.js';
import type { GatewayLog } from '../telemetry/log.js';

/** Milliseconds between two looks at the files. */
const lookInterval = 3_000;

export interface RenewalOptions {
  readonly log: Pick<GatewayLog, 'write'>;
  /** Puts what the files have now into effect. */
  readonly apply: (texts: TlsTexts) => void;
  readonly files?: Pick<Files, 'read'>;
}

export interface Renewal {
  /** Of a configuration that was loaded again. */
  use(settings: TlsSettings): void;
  /** When the certificate in effect stops being valid: milliseconds since the epoch. */
  expires(): number | undefined;
  stop(): void;
}

/**
 * Reads the certificate's files again and again, and puts them into effect when they have changed. They are read, and not
 * watched: that finds them behind any link, on network drives, and where a folder is mounted over another. What was read must
 * be the same twice, so that nothing is taken of a renewal that is just being written.
 */
export function startRenewal(
  first: TlsSettings,
  { log, apply, files = disk }: RenewalOptions,
  interval = lookInterval,
): Renewal {
  let settings = first;
  let current = toTexts(first);
  let expires = expiryOf(current.cert);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let last: TlsTexts | undefined;
  let refused: TlsTexts | undefined;

  function take(texts: TlsTexts): void {
    current = texts;
    expires = expiryOf(texts.cert);
    apply(texts);
  }

  async function look(): Promise<void> {
    const looked = settings;
    const found = await readTexts(looked, files);
    if (looked !== settings || stopped) return;
    if (!('cert' in found)) {
      log.write('error', notRenewed, { file: found.file, detail: `it cannot be read (${found.reason})` });
      return;
    }
    const settled = isDeepStrictEqual(found, last);
    last = found;
    if (!settled || isDeepStrictEqual(found, current) || isDeepStrictEqual(found, refused)) return;
    const fault = findTlsFault(found);
    if (fault === undefined) {
      take(found);
      log.write('info', 'certificate renewed', { expires: toTime(expires) });
      return;
    }
    refused = found;
    const { part, message, hint } = fault;
    log.write('error', notRenewed, { file: looked.files[part] ?? `server.tls.${part}`, detail: message, hint });
  }

  function lookLater(): void {
    timer = setTimeout(() => {
      look()
        .catch((error: unknown) => log.write('error', notRenewed, { detail: String(error) }))
        .finally(() => stopped || lookLater());
    }, interval).unref();
  }

  lookLater();
  return {
    use(next) {
      settings = next;
      last = undefined;
      refused = undefined;
      take(toTexts(next));
    },
    expires: () => expires,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

const notRenewed = 'certificate not renewed: the old one stays';

/** As the server takes them. */
export function toTexts({ cert, key, clientCa }: TlsSettings): TlsTexts {
  return { cert, key: key.reveal(), clientCa };
}

type Unread = { readonly file: string; readonly reason: string };

/** What has no file stays as it is. */
async function readTexts(settings: TlsSettings, files: Pick<Files, 'read'>): Promise<TlsTexts | Unread> {
  const read = async (part: keyof TlsTexts) => {
    const file = settings.files[part];
    return file === undefined ? undefined : { file, ...(await files.read(file)) };
  };
  const all = await Promise.all([read('cert'), read('key'), read('clientCa')]);
  const unread = all.find((each) => each !== undefined && 'reason' in each);
  if (unread !== undefined && 'reason' in unread) return unread;
  const [cert, key, clientCa] = all.map((each) => (each !== undefined && 'text' in each ? each.text : undefined));
  return {
    cert: cert ?? settings.cert,
    key: key?.replace(/\r?\n$/, '') ?? settings.key.reveal(),
    clientCa,
  };
}

function toTime(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();
}
