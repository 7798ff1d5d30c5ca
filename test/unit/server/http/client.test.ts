import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { createClients } from '../../../../src/server/http/client.js';
import { senderOf } from '../../../../src/util/address.js';
import { readNetworks } from '../../../../src/util/networks.js';

describe("the client's address", () => {
  const proxies = readNetworks(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'], String, []);

  function request(peer: string, headers: { [name: string]: string } = {}): IncomingMessage {
    const socket = new Socket();
    Object.defineProperty(socket, 'remoteAddress', { value: peer });
    return Object.assign(new IncomingMessage(socket), { headers });
  }

  const cases: readonly (readonly [what: string, peer: string, headers: { [name: string]: string }, client: string])[] =
    [
      ['whoever has connected', '203.0.113.9', {}, '203.0.113.9'],
      ['an IPv4 address on a socket for both', '::ffff:203.0.113.9', {}, '203.0.113.9'],
      ['not what a stranger says', '203.0.113.9', { 'x-forwarded-for': '1.1.1.1' }, '203.0.113.9'],
      ['what a proxy says', '10.1.2.3', { 'x-forwarded-for': '203.0.113.9' }, '203.0.113.9'],
      ['the last one, which the proxy wrote', '10.1.2.3', { 'x-forwarded-for': '1.1.1.1, 203.0.113.9' }, '203.0.113.9'],
      [
        'behind several proxies',
        '::ffff:10.1.2.3',
        { 'x-forwarded-for': '1.1.1.1, 203.0.113.9, 192.0.2.7' },
        '203.0.113.9',
      ],
      ['the outermost proxy, if there are only proxies', '10.1.2.3', { 'x-forwarded-for': '10.9.9.9' }, '10.9.9.9'],
      ['the proxy, if it says nothing', '10.1.2.3', {}, '10.1.2.3'],
      ['the proxy, if it hides who it is', '10.1.2.3', { forwarded: 'for=1.1.1.1, for=_hidden' }, '10.1.2.3'],
      [
        'the proxy, if what it says is not an address',
        '10.1.2.3',
        { 'x-forwarded-for': '1.1.1.1, <script>' },
        '10.1.2.3',
      ],
      ['with a port', '10.1.2.3', { 'x-forwarded-for': '203.0.113.9:4711' }, '203.0.113.9'],
      ['of IPv6', '2001:db8::1', { 'x-forwarded-for': '2001:DB9::1' }, '2001:db9::1'],
      [
        'of Forwarded',
        '10.1.2.3',
        { forwarded: 'for=1.1.1.1, by=10.0.0.1;For="[2001:db9::1]:47";proto=https' },
        '2001:db9::1',
      ],
      ['of Forwarded without quotes', '10.1.2.3', { forwarded: 'proto=http;for=203.0.113.9' }, '203.0.113.9'],
      [
        'of X-Forwarded-For before Forwarded',
        '10.1.2.3',
        { forwarded: 'for=1.1.1.1', 'x-forwarded-for': '203.0.113.9' },
        '203.0.113.9',
      ],
    ];
  for (const [what, peer, headers, client] of cases) {
    it(`is ${what}`, () => expect(createClients(proxies).of(request(peer, headers))).to.equal(client));
  }

  it('is whoever has connected where no proxy is trusted', () => {
    const { of, trusts } = createClients([]);
    expect(of(request('10.1.2.3', { 'x-forwarded-for': '1.1.1.1' }))).to.equal('10.1.2.3');
    expect(trusts('10.1.2.3')).to.equal(false);
  });

  it('belongs to a sender: itself, or a /64 network', () => {
    expect(senderOf('192.0.2.1')).to.equal('192.0.2.1');
    expect(senderOf('2001:db8:1:2:3:4:5:6')).to.equal('2001:db8:1:2::/64');
    expect(senderOf('2001:db8:1:2::6')).to.equal('2001:db8:1:2::/64');
    expect(senderOf('2001:DB8::1')).to.equal('2001:db8:0:0::/64');
    expect(senderOf('::1')).to.equal('0:0:0:0::/64');
  });
});
