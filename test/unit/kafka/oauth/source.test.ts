import { expect } from 'chai';
import { judgeAnswer, writeLogin } from '../../../../src/kafka/oauth/login.js';
import { TokenSource } from '../../../../src/kafka/oauth/source.js';
import { describeToken, type Token, toToken } from '../../../../src/kafka/oauth/token.js';
import { makeToken } from '../../../support/tokens.js';

/** Counts what is fetched; each lives for 100 s of a clock that the test moves. */
function setUp() {
  const state = { now: 0, fetched: 0, broken: false };
  const source = new TokenSource(
    async (): Promise<Token> => {
      state.fetched++;
      if (state.broken) throw new Error('the identity provider is away');
      return { value: `token-${state.fetched}`, expires: state.now + 100_000 };
    },
    { now: () => state.now },
  );
  return { state, source };
}

describe('token source', () => {
  it('fetches one for all who wait, and keeps it for 0.8 of its life', async () => {
    const { state, source } = setUp();
    const tokens = await Promise.all([source.get(), source.get(), source.get()]);
    state.now = 79_999;
    tokens.push(await source.get());
    expect(new Set(tokens.map(({ value }) => value))).to.deep.equal(new Set(['token-1']));
    state.now = 80_000;
    expect((await source.get()).value).to.equal('token-2');
    expect(state.fetched).to.equal(2);
  });

  it('goes on with the old one until it expires where no new one can be had', async () => {
    const { state, source } = setUp();
    await source.get();
    state.broken = true;
    state.now = 99_999;
    expect((await source.get()).value).to.equal('token-1');
    state.now = 100_000;
    expect(await source.get().catch(String)).to.contain('the identity provider is away');
  });

  it('does not ask again for five seconds after a failure', async () => {
    const { state, source } = setUp();
    state.broken = true;
    for (const now of [0, 1_000, 4_999]) {
      state.now = now;
      expect(await source.get().catch(String)).to.contain('away');
    }
    expect(state.fetched).to.equal(1);
    state.broken = false;
    state.now = 5_000;
    expect((await source.get()).value).to.equal('token-2');
  });

  it('fetches another for one that a broker refuses, but not over and over', async () => {
    const { state, source } = setUp();
    const token = await source.get();
    source.drop(token);
    expect((await source.get()).value).to.equal('token-1');
    state.now = 30_001;
    source.drop({ value: 'another' });
    expect((await source.get()).value).to.equal('token-1');
    source.drop(token);
    expect((await source.get()).value).to.equal('token-2');
  });
});

describe('login with a token', () => {
  const login = { mechanism: 'oauthbearer', token: { file: '/nowhere' }, extensions: {} } as const;
  const token = toToken(makeToken('app', 60, { aud: ['kafka', 'other'], iss: 'https://idp' }), 'it', Date.now());

  it('is what RFC 7628 says', () => {
    const value = 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==';
    expect(writeLogin({ value }, {}).toString()).to.equal(`n,,\x01auth=Bearer ${value}\x01\x01`);
    expect(writeLogin({ value: 't' }, { logicalCluster: 'lkc-1', identityPoolId: 'pool-1' }).toString()).to.equal(
      'n,,\x01auth=Bearer t\x01logicalCluster=lkc-1\x01identityPoolId=pool-1\x01\x01',
    );
  });

  it('is refused by an answer that has anything in it', () => {
    judgeAnswer(Buffer.alloc(0), login, token);
    const refuse = () => judgeAnswer(Buffer.from('{"status":"invalid_token"}'), login, token);
    expect(refuse).to.throw(
      /does not accept the token.*\(invalid_token\).*issuer https:\/\/idp, audience kafka other, subject app/,
    );
  });

  it('says of a token what nobody can log in with', () => {
    expect(describeToken({ value: 'opaque' })).to.equal('it does not say when it expires');
    expect(describeToken(token)).to.match(/^issuer https:\/\/idp, audience kafka other, subject app, expires 20/);
  });
});
