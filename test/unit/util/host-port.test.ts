import { expect } from 'chai';
import { parseHostPort, reachableHost, writeHostPort } from '../../../src/util/host-port.js';

describe('host and port', () => {
  it('are read and written, with brackets around an IPv6 address', () => {
    expect(parseHostPort('kafka:9092')).to.deep.equal({ host: 'kafka', port: 9092 });
    expect(parseHostPort('[::1]:80')).to.deep.equal({ host: '::1', port: 80 });
    for (const text of ['kafka:9092', '127.0.0.1:1', '[fe80::2]:65535'])
      expect(writeHostPort(parseHostPort(text))).to.equal(text);
  });

  it('of a server on every address are those of the loopback one', () => {
    expect(['0.0.0.0', '::', '10.0.0.1'].map(reachableHost)).to.deep.equal(['127.0.0.1', '::1', '10.0.0.1']);
  });
});
