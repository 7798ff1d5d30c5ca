import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { TlsTexts } from '../../../../src/config/certificate.js';
import { Redacted, type TlsSettings } from '../../../../src/config/settings.js';
import { type Renewal, startRenewal } from '../../../../src/server/tls/renewal.js';
import type { FileText } from '../../../../src/util/read-text.js';
import { pair } from '../../../support/tls.js';

const old = pair({ expires: Date.UTC(2030, 0) });
const next = pair({ expires: Date.UTC(2031, 0) });

describe('the renewal of a certificate', () => {
  let files: Map<string, FileText>;
  let reads: number;
  let lines: string[];
  let applied: TlsTexts[];
  let renewal: Renewal | undefined;

  beforeEach(() => {
    files = new Map();
    put(old);
    reads = 0;
    lines = [];
    applied = [];
  });
  afterEach(() => renewal?.stop());

  function put({ cert, key }: TlsTexts): void {
    files.set('/cert', { text: cert }).set('/key', { text: `${key}\n` });
  }

  function settingsOf(
    { cert, key }: TlsTexts,
    paths: TlsSettings['files'] = { cert: '/cert', key: '/key' },
  ): TlsSettings {
    return { cert, key: new Redacted(key), files: paths };
  }

  function begin(settings: TlsSettings = settingsOf(old)): Renewal {
    renewal = startRenewal(
      settings,
      {
        log: { write: (...line) => void lines.push(JSON.stringify(line)) },
        apply: (texts) => void applied.push(texts),
        files: {
          async read(path) {
            reads++;
            return files.get(path) ?? { reason: 'ENOENT' };
          },
        },
      },
      1,
    );
    return renewal;
  }

  /** Until the files were read so many times again. */
  async function look(times = 3): Promise<void> {
    const wanted = reads + 2 * times + 1;
    while (reads < wanted) await delay(1);
  }

  it('does nothing while the files are the same', async () => {
    const { expires } = begin();
    await look();
    expect([applied, lines]).to.deep.equal([[], []]);
    expect(expires()).to.equal(Date.UTC(2030, 0));
  });

  it('takes new files once, and says until when they are valid', async () => {
    const { expires } = begin();
    put(next);
    await look(6);
    expect(applied.map(({ cert, key }) => [cert, key])).to.deep.equal([[next.cert, next.key]]);
    expect(lines).to.deep.equal(['["info","certificate renewed",{"expires":"2031-01-01T00:00:00.000Z"}]']);
    expect(expires()).to.equal(Date.UTC(2031, 0));
  });

  it('keeps what it has while the files do not fit, and says so once, without a byte of the key', async () => {
    begin();
    files.set('/cert', { text: next.cert });
    await look(6);
    expect(applied).to.deep.equal([]);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(
      /^\["error","certificate not renewed: the old one stays",\{"file":"\/key","detail":"The key/,
    );
    expect(lines[0]).not.to.include(old.key.split('\n')[1]);
    files.set('/key', { text: next.key });
    await look();
    expect(applied).to.have.length(1);
  });

  it('keeps what it has while a file is away', async () => {
    begin();
    files.delete('/key');
    await look();
    expect(applied).to.deep.equal([]);
    expect(lines[0]).to.include('{"file":"/key","detail":"it cannot be read (ENOENT)"}');
    put(next);
    await look();
    expect(applied).to.have.length(1);
  });

  it('takes nothing that differs at each look', async () => {
    begin();
    const before = reads;
    while (reads < before + 6) {
      put(pair());
      await delay(0);
    }
    expect(lines.filter((line) => line.includes('error'))).to.deep.equal([]);
  });

  it('goes by a configuration that was loaded again, and leaves a key that has no file', async () => {
    const { use, expires } = begin();
    files.set('/elsewhere', { text: next.cert });
    use(settingsOf(next, { cert: '/elsewhere' }));
    expect([applied.length, expires()]).to.deep.equal([1, Date.UTC(2031, 0)]);
    await look();
    expect([applied.length, lines]).to.deep.equal([1, []]);
  });

  it('goes on looking where a server does not take a certificate', async () => {
    begin();
    const push = applied.push.bind(applied);
    applied.push = () => {
      applied.push = push;
      throw new Error('not now');
    };
    put(next);
    await look();
    expect(lines[0]).to.equal('["error","certificate not renewed: the old one stays",{"detail":"Error: not now"}]');
    put(old);
    await look();
    put(next);
    await look();
    expect(applied.at(-1)?.cert).to.equal(next.cert);
  });

  it('reads no more when it has stopped', async () => {
    begin().stop();
    await delay(10);
    expect(reads).to.equal(0);
  });
});
