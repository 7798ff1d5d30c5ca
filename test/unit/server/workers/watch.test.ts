import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { watchFiles } from '../../../../src/server/workers/watch.js';
import { disk, recordFiles, type Snapshot } from '../../../../src/util/read-text.js';

describe('watching the files of a configuration', () => {
  let folder: string;
  let stop = (): void => undefined;
  let changes: number;
  let changed: () => void;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-watch-'));
    changes = 0;
  });
  afterEach(() => {
    stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function snapshot(): Promise<Snapshot> {
    const files = recordFiles(disk);
    await files.read(join(folder, 'gateway.yaml'));
    await files.listPlugins(join(folder, 'plugins'));
    return files.snapshot();
  }

  async function watch(): Promise<void> {
    stop = watchFiles(await snapshot(), async () => {
      changes++;
      const now = await snapshot();
      changed();
      return now;
    });
  }

  function next(): Promise<void> {
    return new Promise((resolve) => {
      changed = resolve;
    });
  }

  it('sees new content, and only that', async () => {
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, 'a');
    await watch();
    let seen = next();
    utimesSync(file, new Date(), new Date());
    writeFileSync(file, 'a');
    writeFileSync(file, 'b');
    await seen;
    expect(changes).to.equal(1);
    seen = next();
    writeFileSync(join(folder, 'new'), 'c');
    renameSync(join(folder, 'new'), file);
    await seen;
    expect(changes).to.equal(2);
  });

  it('sees a link that is swapped, as Kubernetes mounts files', async () => {
    for (const name of ['one', 'two']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'gateway.yaml'), name);
    }
    symlinkSync('one', join(folder, '..data'));
    symlinkSync('..data/gateway.yaml', join(folder, 'gateway.yaml'));
    await watch();
    const seen = next();
    symlinkSync('two', join(folder, '..tmp'));
    renameSync(join(folder, '..tmp'), join(folder, '..data'));
    await seen;
    expect(changes).to.equal(1);
  });

  it('sees a new plugin', async () => {
    writeFileSync(join(folder, 'gateway.yaml'), 'a');
    mkdirSync(join(folder, 'plugins'));
    await watch();
    const seen = next();
    mkdirSync(join(folder, 'made'));
    writeFileSync(join(folder, 'made/plugin.yaml'), 'name: made');
    renameSync(join(folder, 'made'), join(folder, 'plugins/made'));
    await seen;
    expect(changes).to.equal(1);
  });
});
