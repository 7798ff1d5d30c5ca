import type { OutgoingRequest } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { fromPointer } from '../diagnostics/pointer.js';
import { require } from '../util/require.js';
import { decodeUtf8 } from '../util/utf8.js';
import { encodeForm } from './filters.js';
import type { ValuePart } from './templates.js';

const { applyEdits, modify }: typeof import('jsonc-parser') = require('jsonc-parser');

/**
 * The request with a value, one character for each byte of it, where a source reads it; `item`: JSON pointer of the batch
 * item. Every other byte stays.
 */
export function placeValue(request: OutgoingRequest, place: ValuePart, item: string, bytes: string): OutgoingRequest {
  const value = Buffer.from(bytes, 'latin1').toString();
  switch (place.source) {
    case 'header':
      return { ...request, headers: { ...request.headers, [place.name]: bytes } };
    case 'query': {
      const url = new URL(request.url);
      url.searchParams.set(place.name, value);
      return { ...request, url: url.href };
    }
    case 'form': {
      const text = textOf(request.body);
      const others = text.split('&').filter((entry) => entry !== '' && !entry.startsWith(`${encodeForm(place.name)}=`));
      return withBody(request, [...others, `${encodeForm(place.name)}=${encodeForm(value)}`].join('&'));
    }
    case 'json':
    case 'item': {
      const text = textOf(request.body);
      return withBody(request, applyEdits(text, modify(text, pathOf(item + place.name), value, {})));
    }
    default:
      if (place.source === 'raw') return withBody(request, value);
      throw new TypeError(`no value can be put into ${place.source}`);
  }
}

/** Positions in arrays as numbers, as jsonc-parser wants them. */
function pathOf(pointer: string): (string | number)[] {
  return fromPointer(pointer).map((segment) => (/^(0|[1-9]\d*)$/.test(segment) ? Number(segment) : segment));
}

function textOf(body: Buffer): string {
  const text = decodeUtf8(body);
  if (text === undefined) throw new Rejection('signature_malformed', { detail: 'the body is not UTF-8' });
  return text;
}

function withBody(request: OutgoingRequest, text: string): OutgoingRequest {
  return { ...request, body: Buffer.from(text, 'utf8') };
}
