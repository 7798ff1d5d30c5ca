import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { readDevState, removeDevState, writeDevState } from '../../../src/cli/dev-state.js';
import { whichConfig, whichConfigToRun } from '../../../src/cli/which-config.js';

const here = process.cwd();
const dev = { config: '/somewhere/dev.yaml', url: 'http://127.0.0.1:8000' };
/** Above every pid that Linux gives (2^22). */
const nobody = 2 ** 22 + 1;

describe('cli/which-config', () => {
  let directory: string;
  const named = process.env.GATEWAY_CONFIG;

  beforeEach(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'gateway-config-')));
    process.chdir(directory);
    delete process.env.GATEWAY_CONFIG;
  });
  afterEach(() => {
    process.chdir(here);
    rmSync(directory, { recursive: true });
    if (named === undefined) delete process.env.GATEWAY_CONFIG;
    else process.env.GATEWAY_CONFIG = named;
  });

  it('takes the flag, else GATEWAY_CONFIG, else the development gateway, else the production default', () => {
    expect(whichConfig(undefined)).to.deep.equal({ file: resolve('config/gateway.yaml') });
    writeDevState({ pid: process.pid, ...dev });
    expect(whichConfig(undefined)).to.deep.equal({ file: dev.config, url: dev.url });
    process.env.GATEWAY_CONFIG = 'other.yaml';
    expect(whichConfig(undefined)).to.deep.equal({ file: resolve('other.yaml') });
    expect(whichConfig('mine.yaml')).to.deep.equal({ file: resolve('mine.yaml') });
  });

  it('never starts or checks the development configuration unasked', () => {
    writeDevState({ pid: process.pid, ...dev });
    expect(whichConfigToRun(undefined)).to.equal(resolve('config/gateway.yaml'));
    process.env.GATEWAY_CONFIG = 'other.yaml';
    expect(whichConfigToRun(undefined)).to.equal(resolve('other.yaml'));
    expect(whichConfigToRun('mine.yaml')).to.equal(resolve('mine.yaml'));
  });

  it('forgets a development gateway that is dead or has ended', () => {
    writeDevState({ pid: nobody, ...dev });
    expect(readDevState()).to.equal(undefined);
    writeDevState({ pid: process.pid, ...dev });
    expect(readDevState()).to.deep.equal({ pid: process.pid, ...dev });
    removeDevState();
    expect(readDevState()).to.equal(undefined);
  });
});
