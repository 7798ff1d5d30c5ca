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
export function startRenewal(first: TlsSettings, options: RenewalOptions, interval = lookInterval): Renewal {
  const renewal = new FileRenewal(first, options, interval);
  return { use: (next) => renewal.use(next), expires: () => renewal.expires(), stop: () => renewal.stop() };
}

class FileRenewal {
  readonly #log: RenewalOptions['log'];
  readonly #apply: RenewalOptions['apply'];
  readonly #files: Pick<Files, 'read'>;
  readonly #interval: number;
  #settings: TlsSettings;
  #current: TlsTexts;
  #expires: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #last: TlsTexts | undefined;
  #refused: TlsTexts | undefined;

  constructor(first: TlsSettings, { log, apply, files = disk }: RenewalOptions, interval: number) {
    this.#log = log;
    this.#apply = apply;
    this.#files = files;
    this.#interval = interval;
    this.#settings = first;
    this.#current = toTexts(first);
    this.#expires = expiryOf(this.#current.cert);
    this.#lookLater();
  }

  use(next: TlsSettings): void {
    this.#settings = next;
    this.#last = undefined;
    this.#refused = undefined;
    this.#take(toTexts(next));
  }

  expires(): number | undefined {
    return this.#expires;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #take(texts: TlsTexts): void {
    this.#current = texts;
    this.#expires = expiryOf(texts.cert);
    this.#apply(texts);
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => {
      this.#look()
        .catch((error: unknown) => this.#log.write('error', notRenewed, { detail: String(error) }))
        .finally(() => this.#stopped || this.#lookLater());
    }, this.#interval).unref();
  }

  async #look(): Promise<void> {
    const looked = this.#settings;
    const found = await readTexts(looked, this.#files);
    if (looked !== this.#settings || this.#stopped) return;
    if (!('cert' in found)) {
      this.#log.write('error', notRenewed, { file: found.file, detail: `it cannot be read (${found.reason})` });
      return;
    }
    if (!this.#isNews(found)) return;
    const fault = findTlsFault(found);
    if (fault === undefined) {
      this.#take(found);
      this.#log.write('info', 'certificate renewed', { expires: toTime(this.#expires) });
      return;
    }
    this.#refused = found;
    const { part, message, hint } = fault;
    this.#log.write('error', notRenewed, { file: looked.files[part] ?? `server.tls.${part}`, detail: message, hint });
  }

  /** Whether it was the same twice, and is neither in effect nor refused already. */
  #isNews(found: TlsTexts): boolean {
    const settled = isDeepStrictEqual(found, this.#last);
    this.#last = found;
    return settled && !isDeepStrictEqual(found, this.#current) && !isDeepStrictEqual(found, this.#refused);
  }
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
