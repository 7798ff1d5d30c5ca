import { expect } from 'chai';
import { acceptsMediaType } from '../../../../src/server/http/admit.js';

describe('media types', () => {
  const json = ['application/json', 'application/*+json'];
  const rows: [string | undefined, boolean][] = [
    ['application/json', true],
    ['Application/JSON; charset=utf-8', true],
    ['application/cloudevents+json', true],
    ['application/+json', true],
    ['application/xml', false],
    ['text/plain;application/json', false],
    ['', false],
    [undefined, true],
  ];
  for (const [type, taken] of rows) {
    it(`${type} is ${taken ? 'taken' : 'refused'}`, () => {
      expect(acceptsMediaType(json, type)).to.equal(taken);
    });
  }
});
