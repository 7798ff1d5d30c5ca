import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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
    'crash.mjs': `import { require } from '${pathToFileURL(join(root, 'dist/util/require.js'))}';
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

  it('takes the words of other tools', async () => {
    const [validate, trigger, tail] = await Promise.all([
      start(['validate']),
      start(['trigger', 'charge.refundd']),
      start(['tail', 'webhooks.dlq', '--no-follow', '--json']),
    ]);
    expect(validate).to.deep.equal({ code: 0, stdout: '', stderr: 'config/gateway.yaml: no faults\n' });
    expect(trigger.code).to.equal(2);
    expect(trigger.stderr).to.include('did you mean "charge.refunded"?');
    expect(tail).to.deep.equal({ code: 0, stdout: '', stderr: '' });
  });

  it('says on stderr what is not a command, and which was meant', async () => {
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
      const script = `gateway() { '${process.execPath}' '${run}' "$@"; }; eval "$(gateway completion bash)"
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_gateway; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', script], { cwd: directory.path, encoding: 'utf8' }).trim().split('\n');
    }

    it('knows commands, flags and their values', () => {
      expect(complete('gateway d')).to.include.members(['dev', 'dlq']).and.not.include('start');
      expect(complete('gateway dlq ')).to.deep.equal(['dismiss', 'list', 'replay', 'show', 'summary']);
      expect(complete('gateway dlq list --re')).to.deep.equal(['--reason']);
      expect(complete('gateway lint-config --format j')).to.include.members(['json', 'junit']);
      expect(complete('gateway completion ')).to.include.members(['bash', 'zsh', 'fish']);
    });

    it('knows what the configuration has', () => {
      expect(complete('gateway simulate send charge.ref')).to.deep.equal(['charge.refund.updated', 'charge.refunded']);
      expect(complete('gateway tap --type payment_intent.am')).to.deep.equal([
        'payment_intent.amount_capturable_updated',
      ]);
      expect(complete('gateway tap webhooks.d')).to.deep.equal(['webhooks.dlq']);
      expect(complete('gateway routes --config conf')).to.deep.equal(['config/gateway.yaml']);
      expect(complete('gateway plugins show strip')).to.deep.equal(
        ['stripe', 'stripe_connect_thin'].filter((name) => existsSync(join(root, 'plugins', name))),
      );
      expect(complete('gateway dlq list --endpoint --config nowhere.yaml ')).to.include('--reason');
      expect(complete('gateway dlq list --config nowhere.yaml --endpoint s')).to.deep.equal(['']);
      expect(complete('gateway dlq list --endpoint s')).to.deep.equal(['stripe']);
    });

    it('asks for values in fish, too', async () => {
      const fish = await start(['completion', 'fish']);
      expect(fish.stdout).to.match(
        /^complete -c gateway -n '__gateway_in tap' -x -a '\(gateway completion --values topics 2>\/dev\/null\)'$/m,
      );
      expect(fish.stdout).to.match(
        /^complete -c gateway -n '__gateway_in tap' -l type -x -a '\(gateway completion --values types /m,
      );
    });

    it('has a script for every shell', async () => {
      const fish = await start(['completion', 'fish']);
      expect(fish.stdout).to.match(/^complete -c gateway -n '__gateway_at dlq' -f -a list -d '.+'$/m);
      expect(fish.stdout).to.match(/^complete -c gateway -n '__gateway_in dlq list' -l reason -r -d '.+'$/m);
      const zsh = await start(['completion', 'zsh']);
      expect(zsh.stdout).to.match(/^#compdef gateway\n.*bashcompinit\n_gateway_values\(\)/);
      expect((await start(['completion', 'tcsh'])).code).to.equal(2);
    });
  });
});
