import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { Cli, embeddedConfig, makeDirectory } from './cli.js';
import { secret } from './stripe.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = join(root, 'bin/run.js');

describe('the shell', () => {
  const directory = makeDirectory({
    'config/gateway.yaml': embeddedConfig(),
    'data/stripe.secret': secret,
    // Every command asks for its flags first.
    'crash.mjs': `import { require } from '${pathToFileURL(join(root, 'dist/require.js'))}';
const { Command } = require('@oclif/core/command');
Command.prototype.parse = process.env.CRASH === 'later'
  ? () => new Promise(() => setTimeout(() => { throw new TypeError('crash') }, 0))
  : () => { throw new TypeError('crash') };`,
  });
  after(() => directory.remove());

  function start(args: readonly string[], env: { readonly [name: string]: string } = {}) {
    return new Cli(directory.path, args, env).ended();
  }

  const manifest: { commands: object } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'));
  const commands = Object.keys(manifest.commands).map((id) => id.split(':'));
  const preload = { NODE_OPTIONS: `--import=${pathToFileURL(join(directory.path, 'crash.mjs'))}` };

  for (const command of commands) {
    it(`${command.join(' ')} --json gives one JSON value, whatever happens`, async () => {
      const [wrong, crash, later] = await Promise.all([
        start([...command, '--json', '--no-such-flag']),
        start([...command, '--json'], preload),
        start([...command, '--json'], { ...preload, CRASH: 'later' }),
      ]);
      expect(wrong, wrong.stdout).to.include({ code: 2, stderr: '' });
      expect(JSON.parse(wrong.stdout).error).to.include({ reason: 'usage', exitCode: 2 });
      for (const { code, stdout, stderr } of [crash, later]) {
        expect({ code, stderr }, stdout).to.deep.equal({ code: 70, stderr: '' });
        expect(JSON.parse(stdout).error).to.include({ reason: 'bug', exitCode: 70 });
      }
    });
  }

  it('says on stderr what is no command, and which was meant', async () => {
    const wrong = await start(['dlq', 'lst']);
    expect(wrong).to.include({ code: 2, stdout: '' });
    expect(wrong.stderr).to.equal('There is no command "dlq lst": did you mean "dlq list"?\n');
    const json = await start(['nothing', '--json']);
    expect(json).to.include({ code: 2, stderr: '' });
    expect(JSON.parse(json.stdout).error).to.include({ reason: 'usage', exitCode: 2 });
  });

  for (const command of ['routes', 'plugins list', 'simulate list', '--help', 'dlq list --json']) {
    it(`${command} | head -1 ends without a word`, () => {
      const line = `'${process.execPath}' '${run}' ${command} | head -1; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', line], { cwd: directory.path, encoding: 'utf8' });
      expect(stderr.replace(/^configuration: .*\n/, '')).to.equal('');
      expect(stdout.trim().split('\n').at(-1)).to.equal('0');
    });
  }

  describe('completion', () => {
    function complete(line: string): readonly string[] {
      const words = line.split(' ');
      const script = `eval "$('${process.execPath}' '${run}' completion bash)"
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_gateway; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', script], { cwd: directory.path, encoding: 'utf8' }).trim().split('\n');
    }

    it('knows commands, flags and their values', () => {
      expect(complete('gateway d')).to.include.members(['dev', 'dlq']).and.not.include('start');
      expect(complete('gateway dlq ')).to.deep.equal(['list', 'replay', 'show']);
      expect(complete('gateway dlq list --re')).to.deep.equal(['--reason']);
      expect(complete('gateway lint-config --format j')).to.include.members(['json', 'junit']);
      expect(complete('gateway completion ')).to.include.members(['bash', 'zsh', 'fish']);
      expect(complete('gateway dlq list --config ')).to.deep.equal(['']);
    });

    it('has a script for every shell', async () => {
      const fish = await start(['completion', 'fish']);
      expect(fish.stdout).to.match(/^complete -c gateway -n '__gateway_at dlq' -f -a list -d '.+'$/m);
      expect(fish.stdout).to.match(/^complete -c gateway -n '__gateway_in dlq list' -l reason -r -d '.+'$/m);
      const zsh = await start(['completion', 'zsh']);
      expect(zsh.stdout).to.match(/^#compdef gateway\n.*bashcompinit\n_gateway\(\)/);
      expect((await start(['completion', 'tcsh'])).code).to.equal(2);
    });
  });
});
