import type { Fault } from '../model.js';
import type { SignatureDeclaration } from './declaration.js';
import { type Part, parseTemplate, type ValuePart } from './templates.js';

/** The templates of a declaration, parsed. */
export interface Templates {
  readonly from: ValuePart | undefined;
  readonly content: readonly Part[];
  readonly timestamp: ValuePart | undefined;
}

const pointers = {
  from: '/signature/signature/from',
  pick: '/signature/signature/pick',
  split: '/signature/signature/split',
  content: '/signature/content',
  timestamp: '/signature/timestamp/value',
} as const;

/** Parses the templates and finds every fault of the declaration that its JSON Schema can't. */
export function checkDeclaration(
  declaration: SignatureDeclaration,
  items: string | undefined,
): { templates: Templates; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const { signature, timestamp } = declaration;
  const templates = {
    from: parseSingle(signature.from, pointers.from, faults),
    content: parseParts(declaration.content, pointers.content, faults),
    timestamp: timestamp && parseSingle(timestamp.value, pointers.timestamp, faults),
  };
  if (faults.length === 0) {
    checkFrom(templates, faults);
    checkSplit(signature, templates, faults);
    checkValues(templates, items, faults);
    checkTimestamp(templates, faults);
  }
  return { templates, faults };
}

/** The values of a template, those in `[…]` included. */
export function valuesOf(parts: readonly Part[]): readonly ValuePart[] {
  return parts.flatMap((part) => {
    if (part.kind === 'optional') {
      return valuesOf(part.parts);
    }
    return part.kind === 'value' ? [part] : [];
  });
}

function parseParts(template: string, pointer: string, faults: Fault[]): readonly Part[] {
  const { parts, faults: found } = parseTemplate(template);
  faults.push(...found.map((fault) => ({ rule: 'signature-template', severity: 'error' as const, pointer, ...fault })));
  return parts;
}

function parseSingle(template: string, pointer: string, faults: Fault[]): ValuePart | undefined {
  const before = faults.length;
  const [part, ...others] = parseParts(template, pointer, faults);
  if (part?.kind === 'value' && others.length === 0) {
    return part;
  }
  if (faults.length === before) {
    faults.push(invalid(pointer, 'one source is needed here, such as {header.NAME}, and no text beside it'));
  }
  return undefined;
}

function checkFrom({ from }: Templates, faults: Fault[]): void {
  if (from !== undefined && from.source !== 'header' && from.source !== 'item') {
    faults.push(invalid(pointers.from, 'a signature is read from a header or from a field of the batch item', from));
  }
}

function checkSplit({ pick, split }: SignatureDeclaration['signature'], templates: Templates, faults: Fault[]): void {
  if (pick !== undefined && split?.pair === undefined) {
    faults.push(invalid(pointers.pick, '"pick" needs "split" with a "pair": there are no keys to pick by'));
  }
  if (pick === undefined && split?.pair !== undefined) {
    faults.push(invalid(pointers.split, '"pair" needs "pick": which key has the signature?'));
  }
  for (const [part, pointer] of placed(templates)) {
    if (part.source === 'sig' && (split?.pair === undefined || pointer === pointers.from)) {
      faults.push(invalid(pointer, `{sig.${part.name}} needs "split" with a "pair"`, part));
    } else if (part.source === 'sig' && part.name === pick) {
      faults.push(invalid(pointer, 'the signature itself can not be read here', part));
    }
  }
}

function checkValues(templates: Templates, items: string | undefined, faults: Fault[]): void {
  for (const [part, pointer] of placed(templates)) {
    if (part.source === 'item' && items === undefined) {
      faults.push(invalid(pointer, '{item:…} needs the top-level key "items"', part));
    } else if (part.source === 'item' && templates.from?.source !== 'item') {
      faults.push(invalid(pointer, '{item:…} needs a signature in each item', part));
    } else if (part.source === 'raw' && pointer === pointers.timestamp) {
      faults.push(invalid(pointer, 'the body as a whole is no timestamp', part));
    } else if (part.source === 'raw' && templates.from?.source === 'item') {
      faults.push(invalid(pointer, 'a signature inside the body can not cover the whole body', part));
    }
  }
  if (valuesOf(templates.content).length === 0) {
    faults.push(invalid(pointers.content, 'nothing of the delivery is signed'));
  }
}

function checkTimestamp({ timestamp, content }: Templates, faults: Fault[]): void {
  if (timestamp === undefined || timestamp.source === 'json') {
    return;
  }
  const signed = valuesOf(content).some(({ source, name }) => source === timestamp.source && name === timestamp.name);
  if (!signed) {
    const message = 'the timestamp is not a part of "content": anybody can make an old delivery look new';
    faults.push({ ...invalid(pointers.timestamp, message, timestamp), severity: 'warning' });
  }
}

function placed({ from, content, timestamp }: Templates): readonly (readonly [ValuePart, string])[] {
  return [
    ...(from === undefined ? [] : [[from, pointers.from] as const]),
    ...valuesOf(content).map((part) => [part, pointers.content] as const),
    ...(timestamp === undefined ? [] : [[timestamp, pointers.timestamp] as const]),
  ];
}

function invalid(pointer: string, message: string, part?: ValuePart): Fault {
  const fault = { rule: 'signature-invalid', severity: 'error', pointer, message } as const;
  return part === undefined ? fault : { ...fault, within: part.within };
}
