import { expect } from 'chai';
import fc from 'fast-check';
import { pages, parentOf, readPlace, writePlace } from '../../../../src/inspector/pages/state/place.js';

describe('the address of a page of the inspector', () => {
  const table = [
    ['/inspector', '', { page: 'now', query: {} }],
    ['/inspector/', '', { page: 'now', query: {} }],
    [
      '/inspector/deliveries',
      '?outcome=refused&q=evt_1',
      { page: 'deliveries', query: { outcome: 'refused', q: 'evt_1' } },
    ],
    ['/inspector/deliveries/a%2Fb', '', { page: 'deliveries', id: 'a/b', query: {} }],
    ['/inspector/deliveries/%zz', '', { page: 'deliveries', id: '%zz', query: {} }],
    ['/inspector/dead-letters', '?group=g', { page: 'dead-letters', query: { group: 'g' } }],
    ['/inspector/topics/x', '', undefined],
    ['/inspector/deliveries/x/y', '', undefined],
    ['/inspector/unknown', '', undefined],
    ['/inspectors', '', undefined],
    ['/status', '', undefined],
  ] as const;
  for (const [path, search, place] of table) {
    it(`${path}${search}`, () => expect(readPlace(path, search)).to.deep.equal(place));
  }

  it('is read as it was written, whatever is in it', () => {
    const query = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), {
      maxKeys: 4,
      noNullPrototype: true,
    });
    const id = fc.option(fc.string({ minLength: 1 }), { nil: undefined });
    fc.assert(
      fc.property(fc.constantFrom('deliveries', 'dead-letters'), id, query, (page, of, given) => {
        const place = { page, ...(of !== undefined && { id: of }), query: given };
        const { pathname, search } = new URL(writePlace(place), 'http://localhost');
        // The path of a URL has no dots that lead upwards.
        fc.pre(of === undefined || !/^(\.|%2e){1,2}$/i.test(of));
        expect(readPlace(pathname, search)).to.deep.equal(place);
      }),
    );
  });

  it('has a key of its own for each page', () => {
    expect(new Set(pages.map(({ key }) => key)).size).to.equal(pages.length);
  });
});

describe('what Esc goes to', () => {
  it('from a delivery: the list with its filters', () => {
    expect(parentOf({ page: 'deliveries', id: 'x', query: { q: 'evt' } })).to.deep.equal({
      page: 'deliveries',
      query: { q: 'evt' },
    });
  });
  it('from a letter: its group; from a group: all groups', () => {
    const group = { page: 'dead-letters', query: { group: 'g' } } as const;
    expect(parentOf({ ...group, id: 'x' })).to.deep.equal(group);
    expect(parentOf(group)).to.deep.equal({ page: 'dead-letters', query: {} });
  });
  it('from a list: nothing', () => {
    expect(parentOf({ page: 'deliveries', query: { q: 'evt' } })).to.equal(undefined);
  });
});
