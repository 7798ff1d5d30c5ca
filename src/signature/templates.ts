import {
  digestForms,
  type FilterName,
  filterArguments,
  isFilterName,
  isSourceName,
  type SourceName,
  sourceArguments,
  suggestFilter,
  suggestSource,
} from './vocabulary.js';

/** A value of a template: a source and the filters it goes through. */
export interface ValuePart {
  readonly kind: 'value';
  readonly source: SourceName;
  /** Header name in lower case, key of the signature, or JSON pointer; empty where the source takes none. */
  readonly name: string;
  readonly filters: readonly TemplateFilter[];
  /** Characters [start, end) of the template, braces included. */
  readonly within: readonly [number, number];
}

export interface TemplateFilter {
  readonly name: FilterName;
  readonly argument: string;
}

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | ValuePart
  /** `[…]`: dropped if a value inside is absent. */
  | { readonly kind: 'optional'; readonly parts: readonly TemplatePart[] };

/** What is wrong with a template, and where in its text. */
export interface TemplateFault {
  readonly within: readonly [number, number];
  readonly message: string;
  readonly hint?: string;
}

const pointerForm = /^(\/([^~/]|~[01])*)*$/;
const headerForm = /^[a-z0-9!#$%&'*+.^_`~-]+$/;

/** The parts of a template and all its faults. Braces and brackets can't stand for themselves. */
export function parseTemplate(template: string): { parts: readonly TemplatePart[]; faults: readonly TemplateFault[] } {
  const faults: TemplateFault[] = [];
  const parts: TemplatePart[] = [];
  let optional: TemplatePart[] | undefined;
  let opened = 0;
  const tokens = /\{[^{}]*\}|[[\]{}]|[^[\]{}]+/g;
  for (const { 0: token, index } of template.matchAll(tokens)) {
    const within = [index, index + token.length] as const;
    if (token === '[' && optional === undefined) {
      optional = [];
      opened = index;
    } else if (token === ']' && optional !== undefined) {
      parts.push({ kind: 'optional', parts: optional });
      optional = undefined;
    } else if (/^[[\]{}]$/.test(token)) {
      faults.push({ within, message: `"${token}" without its counterpart` });
    } else {
      const part = token.startsWith('{') ? parseValue(token, within, faults) : { kind: 'text' as const, text: token };
      if (part !== undefined) {
        (optional ?? parts).push(part);
      }
    }
  }
  if (optional !== undefined) {
    faults.push({ within: [opened, opened + 1], message: '"[" without its counterpart' });
  }
  return { parts, faults };
}

function parseValue(token: string, within: ValuePart['within'], faults: TemplateFault[]): ValuePart | undefined {
  const [sourceText = '', ...filterTexts] = token.slice(1, -1).split('|');
  const [, source = '', name = ''] = /^([^.:]*)(?:[.:](.*))?$/s.exec(sourceText) ?? [];
  const start = within[0] + 1;
  const sourceRange = [start, start + sourceText.length] as const;
  if (!isSourceName(source)) {
    faults.push({ within: sourceRange, message: `unknown source "${sourceText}"`, ...suggestSource(source) });
    return undefined;
  }
  const fault = argumentFault(source, sourceText, name);
  if (fault !== undefined) {
    faults.push({ within: sourceRange, message: fault });
    return undefined;
  }
  const filters = parseFilters(filterTexts, sourceRange[1] + 1, faults);
  return { kind: 'value', source, name: source === 'header' ? name.toLowerCase() : name, filters, within };
}

/** `{header.NAME}`, `{json:/pointer}`, `{raw}`: each source says which of the three it is. */
function argumentFault(source: SourceName, text: string, name: string): string | undefined {
  const form = sourceArguments[source];
  if (form === 'none') {
    return text === source ? undefined : `"${source}" takes no name`;
  }
  if (form === 'optional' && text === source) {
    return undefined;
  }
  if (form === 'pointer') {
    return text[source.length] === ':' && pointerForm.test(name)
      ? undefined
      : `"${source}" needs a JSON pointer: {${source}:/field}`;
  }
  const valid =
    text[source.length] === '.' && (source === 'header' ? headerForm.test(name.toLowerCase()) : name !== '');
  return valid ? undefined : `"${source}" needs a name: {${source}.NAME}`;
}

function parseFilters(texts: readonly string[], offset: number, faults: TemplateFault[]): readonly TemplateFilter[] {
  const filters: TemplateFilter[] = [];
  let start = offset;
  for (const text of texts) {
    const [, name = '', equals, argument = ''] = /^([^=]*)(=)?(.*)$/s.exec(text) ?? [];
    const within = [start, start + text.length] as const;
    start += text.length + 1;
    if (!isFilterName(name)) {
      faults.push({ within, message: `unknown filter "${name}"`, ...suggestFilter(name) });
      continue;
    }
    const message = filterFault(name, equals === undefined ? undefined : argument);
    if (message === undefined) filters.push({ name, argument });
    else faults.push({ within, message });
  }
  return filters;
}

function filterFault(name: FilterName, argument: string | undefined): string | undefined {
  const form = filterArguments[name];
  if (form === 'text') return argument === undefined ? `"${name}" needs a text: ${name}=TEXT` : undefined;
  if (form === 'none') return argument === undefined ? undefined : `"${name}" takes no text`;
  if (argument === undefined || digestForms.some((known) => known === argument)) return undefined;
  return `"${name}" is written as one of ${digestForms.join(', ')}: ${name}=base64`;
}
