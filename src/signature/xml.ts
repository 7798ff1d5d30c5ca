import { Rejection } from '../core/rejection.js';
import { require } from '../util/require.js';

const { XMLParser, XMLValidator }: typeof import('fast-xml-parser') = require('fast-xml-parser');

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  parseAttributeValue: false,
  maxNestedTags: 100,
});

/**
 * An XML document as an object of texts; attributes under `@name`. Document types are refused, and with them every
 * entity but XML's own five: what another reader would fetch or multiply isn't looked at.
 */
export function parseXml(text: string): unknown {
  try {
    if (!/<!(?!\[CDATA\[|--)/.test(text) && XMLValidator.validate(text) === true) {
      const value: unknown = parser.parse(text);
      return value;
    }
  } catch {
    // The parser's message quotes the text.
  }
  throw new Rejection('payload_malformed', { detail: 'it is not XML without a document type' });
}
