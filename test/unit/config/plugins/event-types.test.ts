import { expect } from 'chai';
import { compileCatalogue, parseEventTypes } from '../../../../src/config/plugins/event-types.js';
import { lintRoutes } from '../../../../src/config/plugins/routes.js';

describe('a list of event types', () => {
  const types = parseEventTypes('# of Acme\n\norder.paid # since 2026\r\n  order.made\nobject.*.changed\n');

  it('has one type a line', () => {
    expect([...types]).to.deep.equal(['order.paid', 'order.made', 'object.*.changed']);
  });

  it('knows what it has, and what the provider composes', () => {
    const knows = compileCatalogue(types);
    for (const type of ['order.paid', 'object.car.changed']) expect(knows(type), type).to.equal(true);
    for (const type of ['order.payed', 'object.car', '# of Acme', '']) expect(knows(type), type).to.equal(false);
  });

  it('tells a typo in a route from a composed type', () => {
    const routes = [
      { events: ['order.made', 'object.car.changed', 'object.*', '*.changed'], topic: 'a' },
      { events: ['order.payed'], topic: 'b' },
    ];
    expect(lintRoutes(routes, '/routes', 'acme', types)).to.deep.equal([
      {
        rule: 'route-event-no-match',
        severity: 'warning',
        pointer: '/routes/1/events/0',
        message: '"order.payed" matches none of the 3 event types of plugin acme',
        hint: 'did you mean "order.paid"?',
      },
    ]);
  });
});
