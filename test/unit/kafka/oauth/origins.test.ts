import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Redacted } from '../../../../src/config/settings.js';
import { PublishError } from '../../../../src/core/model.js';
import { askForToken } from '../../../../src/kafka/oauth/client-credentials.js';
import { runTokenCommand } from '../../../../src/kafka/oauth/command.js';
import { readTokenFile } from '../../../../src/kafka/oauth/file.js';
import { type IdentityProvider, startIdentityProvider, type TokenReply } from '../../../support/identity-provider.js';
import { makeToken } from '../../../support/tokens.js';

const now = () => Date.now();

async function fault(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    expect(error).to.be.instanceOf(PublishError);
    expect(error).to.include({ kind: 'unavailable', reason: 'SASL_TOKEN_UNAVAILABLE' });
    return error instanceof Error ? error.message : '';
  }
  throw new Error('it did not reject');
}

describe('token of a file', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-token-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('is read again each time, through links as Kubernetes makes them', async () => {
    const link = join(folder, 'token');
    for (const name of ['first', 'second']) {
      await writeFile(join(folder, name), `${makeToken(name)}\n`);
      await rm(link, { force: true });
      await symlink(join(folder, name), link);
      expect((await readTokenFile(link, now())).value).to.equal(makeToken(name));
    }
  });

  const cases: readonly (readonly [what: string, text: string | undefined, said: RegExp])[] = [
    ['is not there', undefined, /bad cannot be read \(ENOENT\): see kafka\.sasl\.tokenFile/],
    ['is empty', '\n', /bad is empty/],
    ['is not a token', 'LEAK two words', /bad is not a bearer token \(RFC 6750\)/],
    ['is endless', 'x'.repeat(100_000), /bad is not a bearer token/],
    ['has expired', makeToken('LEAK', -5), /bad expired at 20.*Z: see what renews it/],
  ];
  for (const [what, text, said] of cases) {
    it(`is an error where it ${what}`, async () => {
      const file = join(folder, 'bad');
      await rm(file, { force: true });
      if (text !== undefined) await writeFile(file, text);
      expect(await fault(readTokenFile(file, now())))
        .to.match(said)
        .and.not.match(/LEAK|eyJ/);
    });
  }
});

describe('token of a command', () => {
  const run = (script: string, wait?: number) => runTokenCommand(['sh', '-c', script], tmpdir(), now, wait);

  it('is what it prints, or the access_token in its JSON', async () => {
    expect(await run('echo opaque-token')).to.deep.equal({ value: 'opaque-token' });
    const before = Date.now();
    const token = await run(`printf '{"access_token":"t","expires_in":"60"}'`);
    expect(token.value).to.equal('t');
    expect(token.expires).to.be.within(before + 60_000, Date.now() + 60_000);
  });

  const secret = 'eyJhbGciOiJub25lIn0LEAK';
  const cases: readonly (readonly [what: string, command: readonly string[], said: RegExp])[] = [
    ['is not there', ['/no/such/program'], /\/no\/such\/program cannot be run \(ENOENT\): see kafka\.sasl\.command/],
    [
      'fails',
      ['sh', '-c', `echo no session for ${secret} >&2; exit 3`],
      /sh failed with exit code 3 and said: no session for \[redacted\]:/,
    ],
    ['prints nothing', ['true'], /what the command true printed is empty/],
    ['prints other JSON', ['echo', `{"token":"${secret}"}`], /gave JSON without an access_token/],
    ['prints without end', ['yes', secret], /printed more than a token/],
  ];
  for (const [what, command, said] of cases) {
    it(`is an error where it ${what}`, async () => {
      expect(await fault(runTokenCommand(command, tmpdir(), now)))
        .to.match(said)
        .and.not.contain('LEAK');
    });
  }

  it('is not waited for without end, nor for what it has started', async () => {
    const start = Date.now();
    expect(await fault(run('sleep 30 & wait', 200))).to.match(/did not end within 0\.2 s/);
    expect(Date.now() - start).to.be.below(5_000);
  });
});

describe('token of an identity provider', () => {
  let reply: TokenReply = 'silence';
  let provider: IdentityProvider;
  before(async () => {
    provider = await startIdentityProvider(() => reply);
  });
  after(() => provider.close());

  const client = () => ({ tokenUrl: provider.url, clientId: 'a client', clientSecret: new Redacted('LEAK:%&') });

  it('is asked for with the client credentials grant', async () => {
    reply = { token: 'opaque', lifetime: 60 };
    const token = await askForToken({ ...client(), scope: 'kafka write', audience: 'https://kafka' }, now);
    expect(token.value).to.equal('opaque');
    expect(token.expires).to.be.within(Date.now() + 50_000, Date.now() + 60_000);
    const { method, authorization, form } = provider.requests.at(-1) ?? { form: [] };
    expect(method).to.equal('POST');
    expect(Buffer.from(String(authorization).slice(6), 'base64').toString()).to.equal('a+client:LEAK%3A%25%26');
    expect(Object.fromEntries(form)).to.deep.equal({
      grant_type: 'client_credentials',
      scope: 'kafka write',
      audience: 'https://kafka',
    });
  });

  const cases: readonly (readonly [what: string, reply: TokenReply, said: RegExp])[] = [
    [
      'does not know the client',
      { status: 401, body: '{"error":"invalid_client","error_description":"no such\\nclient"}' },
      /answered 401 \(invalid_client: no such client\): see kafka\.sasl\.clientCredentials/,
    ],
    ['is in trouble', { status: 503, body: '<html>' }, /answered 503 \(SASL/],
    ['leads elsewhere', { status: 307, body: '', location: 'http://127.0.0.1:1/' }, /answered 307/],
    ['gives no token', { status: 200, body: '{}' }, /gave JSON without an access_token/],
    [
      'gives another kind of token',
      { status: 200, body: '{"access_token":"x","token_type":"mac"}' },
      /not a bearer token/,
    ],
    ['goes on without end', { status: 200, body: 'x'.repeat(200_000) }, /its answer is too long/],
    ['does not answer', 'silence', /did not answer within 0\.3 s/],
  ];
  for (const [what, given, said] of cases) {
    it(`is an error where it ${what}`, async () => {
      reply = given;
      expect(await fault(askForToken(client(), now, 300)))
        .to.match(said)
        .and.not.contain('LEAK');
    });
  }

  it('is an error where nothing listens', async () => {
    const url = 'http://127.0.0.1:1/token?tenant=LEAK';
    const said = await fault(askForToken({ ...client(), tokenUrl: url }, now));
    expect(said).to.contain('the token endpoint http://127.0.0.1:1/token cannot be reached (').and.not.contain('LEAK');
  });
});
