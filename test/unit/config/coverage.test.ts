import { expect } from 'chai';
import { coverageOf } from '../../../src/config/coverage.js';
import type { Route } from '../../../src/core/model.js';
import { compileEvents } from '../../../src/core/rules/events.js';
import { endpoint, provider, route, rule } from '../../support/provider.js';

function taking(topic: string, events: readonly string[], when?: Route['when']): Route {
  return route(topic, { events, matches: compileEvents(events), ...(when && { when }) });
}

function cover(routes: readonly Route[], types: readonly string[]) {
  return coverageOf(endpoint({ routes, provider: provider({ eventTypes: new Set(types) }) }));
}

describe('the coverage of an endpoint', () => {
  const types = ['order.paid', 'order.made', 'refund.made'];

  it('gives each type to the first route that takes it', () => {
    const { routes, unrouted, eventTypes } = cover(
      [taking('paid', ['order.paid']), taking('order', ['order.*'])],
      types,
    );
    expect(routes.map((each) => [each.topic, each.types])).to.deep.equal([
      ['paid', ['order.paid']],
      ['order', ['order.made']],
    ]);
    expect([unrouted, eventTypes]).to.deep.equal([['refund.made'], 3]);
  });

  it('lets a condition pass on what it refuses', () => {
    const condition = rule(() => true, 'amount > 1');
    const { routes, unrouted } = cover([taking('large', ['order.*'], condition), taking('order', ['order.*'])], types);
    expect(routes.map((each) => each.types.length)).to.deep.equal([2, 2]);
    expect(routes[0]).to.include({ when: 'amount > 1', reachable: true });
    expect(unrouted).to.deep.equal(['refund.made']);
  });

  it('says which routes nothing reaches; one for all types is for those to come', () => {
    const { routes } = cover(
      [taking('a', ['order.*', 'refund.*']), taking('b', ['order.*']), taking('c', ['*']), taking('d', ['*'])],
      types,
    );
    expect(routes.map(({ reachable }) => reachable)).to.deep.equal([true, false, true, false]);
  });

  it('counts apart what only a route for every type takes', () => {
    const large = rule(() => true, 'amount > 1');
    const { byDefault, unrouted } = cover(
      [
        taking('large', ['*'], large),
        taking('order', ['order.*']),
        taking('other', ['*']),
        taking('late', ['refund.*']),
      ],
      types,
    );
    expect([byDefault, unrouted]).to.deep.equal([['refund.made'], []]);
  });

  it('says nothing of types where the plugin has no list', () => {
    const { routes, unrouted } = cover([taking('a', ['order.*'])], []);
    expect([routes[0]?.reachable, unrouted]).to.deep.equal([true, []]);
  });
});
