import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { readDevState, removeDevState, writeDevState } from '../../../src/cli/dev/state.js';
import {
  announceConfig,
  findConfig,
  findConfigToDevelop,
  whichConfig,
  whichConfigToRun,
} from '../../../src/cli/which-config.js';
import { Failure } from '../../../src/exit.js';

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

  function make(...paths: readonly string[]): void {
    mkdirSync('config', { recursive: true });
    for (const path of paths) writeFileSync(path, '');
  }

  it('takes the flag, else GATEWAY_CONFIG, else the development gateway, else what is there', () => {
    make('config/gateway.yaml');
    expect(whichConfig(undefined)).to.deep.equal({ file: resolve('config/gateway.yaml') });
    make('gateway.yaml');
    expect(whichConfig(undefined)).to.deep.equal({ file: resolve('gateway.yaml') });
    writeDevState({ pid: process.pid, ...dev });
    expect(whichConfig(undefined)).to.deep.equal({ file: dev.config, url: dev.url });
    process.env.GATEWAY_CONFIG = 'other.yaml';
    expect(whichConfig(undefined)).to.deep.equal({ file: resolve('other.yaml') });
    expect(whichConfig('mine.yaml')).to.deep.equal({ file: resolve('mine.yaml') });
  });

  it('never starts or checks the development configuration unasked', () => {
    make('config/dev.yaml', 'config/gateway.yaml');
    writeDevState({ pid: process.pid, ...dev });
    expect(whichConfigToRun(undefined)).to.equal(resolve('config/gateway.yaml'));
    expect(findConfigToDevelop(undefined)).to.deep.equal({ file: resolve('config/dev.yaml') });
    process.env.GATEWAY_CONFIG = 'other.yaml';
    expect(whichConfigToRun(undefined)).to.equal(resolve('other.yaml'));
    expect(whichConfigToRun('mine.yaml')).to.equal(resolve('mine.yaml'));
  });

  it('says what to do where there is none, and names no file that is not there', () => {
    for (const find of [() => whichConfig(undefined), () => whichConfigToRun(undefined)]) {
      expect(find).to.throw(Failure, /no \.\/gateway\.yaml and no \.\/config\/gateway\.yaml here[\s\S]*gateway init/);
    }
    expect(findConfig(undefined)).to.equal(undefined);
  });

  it('says once which it is, unless the command line does', () => {
    const said: string[] = [];
    announceConfig((line) => said.push(line));
    make('gateway.yaml');
    whichConfig('gateway.yaml');
    whichConfig(undefined);
    whichConfig(undefined);
    process.env.GATEWAY_CONFIG = 'gateway.yaml';
    whichConfig(undefined);
    announceConfig(undefined);
    expect(said).to.deep.equal(['configuration: gateway.yaml', 'configuration: gateway.yaml, from GATEWAY_CONFIG']);
  });

  it('takes the variables of the .env beside it, but not over those of the environment', () => {
    make('gateway.yaml');
    writeFileSync('.env', 'WHICH_CONFIG_TEST_A=file\nWHICH_CONFIG_TEST_B=file\n');
    process.env.WHICH_CONFIG_TEST_B = 'environment';
    whichConfigToRun('gateway.yaml');
    const { WHICH_CONFIG_TEST_A: a, WHICH_CONFIG_TEST_B: b } = process.env;
    delete process.env.WHICH_CONFIG_TEST_A;
    delete process.env.WHICH_CONFIG_TEST_B;
    expect([a, b]).to.deep.equal(['file', 'environment']);
  });

  it('takes no gateway of another directory for its own', () => {
    writeDevState({ pid: process.pid, ...dev });
    const copy = realpathSync(mkdtempSync(join(tmpdir(), 'gateway-config-')));
    cpSync('data', join(copy, 'data'), { recursive: true });
    process.chdir(copy);
    expect(readDevState()).to.equal(undefined);
    process.chdir(directory);
    expect(readDevState()).to.deep.equal({ pid: process.pid, ...dev });
    rmSync(copy, { recursive: true });
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
