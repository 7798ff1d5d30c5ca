import type { Fault, NamedNeed } from '../core/model.js';
import type { ContentDeclaration, HandshakeDeclaration } from './declaration.js';
import { compileHeaderList, compilePairs } from './fields.js';
import { headerPointers } from './jws.js';
import type { FormUse } from './message.js';
import { NameTable } from './name-table.js';
import { Pointers } from './pointers.js';
import { compileParts, compileValue, type Piece, type Scope, type ValueReader } from './sources.js';
import { parseTemplate, type TemplatePart, type ValuePart } from './templates.js';
import { suggest } from './vocabulary.js';

/** What the rest of a plugin.yaml says to a scheme. */
export interface PluginFacts {
  readonly items?: string | undefined;
  readonly secrets?: readonly NamedNeed[] | undefined;
  readonly params?: readonly NamedNeed[] | undefined;
  readonly handshakes?: readonly HandshakeDeclaration[] | undefined;
  /** Templates of what the payload is read from, where it is not the body. */
  readonly payloads?: readonly string[] | undefined;
}

/** A value that a template reads, and where that template stands. */
export interface SourceUse {
  readonly part: ValuePart;
  readonly pointer: string;
}

/** Which sources a template may have beside those that all may. */
export interface Allowed {
  /** `hmac-…` filters. */
  readonly hmac?: boolean;
}

/** What is read of a body. Alternatives of a scheme that share it have the body walked over once. */
export type Tables = Pick<Scope, 'json' | 'form'>;

export function createTables(): Tables {
  return { json: new Pointers(), form: { names: new NameTable(), all: false } };
}

/**
 * Compiles the templates of one declaration, collects what they read and every fault in them. Pointers are relative
 * to `at`.
 */
export class Builder implements Scope {
  readonly json: Pointers;
  readonly form: FormUse;
  readonly sigKeys: string[] = [];
  readonly lets = new Map<string, readonly Piece[]>();
  readonly item = new Pointers();
  readonly jws = headerPointers();
  readonly uses: SourceUse[] = [];
  /** Values that name the headers which are signed. */
  readonly lists: ValuePart[] = [];
  secret: string | undefined;
  /** The template of the document that the signature is about. */
  document: string | undefined;

  constructor(
    readonly at: string,
    readonly facts: PluginFacts,
    readonly faults: Fault[],
    readonly allowed: Allowed = {},
    { json, form }: Tables = createTables(),
  ) {
    this.json = json;
    this.form = form;
  }

  holdsPayload(source: ValuePart['source'], name: string): boolean {
    const templates = [this.document ?? '', ...(this.facts.payloads ?? [])];
    const parts = templates.flatMap((template) => valuesOf(parseTemplate(template).parts));
    return parts.some((part) => part.source === source && part.name === name);
  }

  /** The pieces of a template at a pointer; `key`: the template is the key there, not the value. */
  pieces(template: string, pointer: string, key = false): readonly Piece[] {
    return compileParts(this.#parse(template, pointer, key), this);
  }

  /** A template that must be one source and nothing else. */
  single(template: string, pointer: string): { reader: ValueReader; part: ValuePart } | undefined {
    const before = this.faults.length;
    const [part, ...others] = this.#parse(template, pointer, false);
    if (part?.kind === 'value' && others.length === 0) return { reader: compileValue(part, this), part };
    if (this.faults.length === before) {
      this.fault(pointer, 'one source is needed here, such as {header.NAME}, and no text beside it');
    }
    return undefined;
  }

  content(declared: ContentDeclaration, pointer: string): readonly Piece[] {
    if (typeof declared === 'string') return this.pieces(declared, pointer);
    return declared.flatMap((part, index): readonly Piece[] => {
      const at = `${pointer}/${index}`;
      if (typeof part === 'string') return this.pieces(part, at);
      if ('headers' in part) {
        const before = this.uses.length;
        const names = this.pieces(part.headers.names, `${at}/headers/names`);
        this.lists.push(...this.uses.slice(before).map((use) => use.part));
        return [compileHeaderList(part.headers, names)];
      }
      const { of, prefix, until } = part.pairs;
      if (of === 'form') this.form.all = true;
      // Those of a prefix are not all: see `bindsOf`.
      const name = prefix === undefined && until === undefined ? '' : `${prefix ?? ''}*`;
      this.uses.push({ pointer: at, part: { kind: 'value', source: of, name, filters: [], within: [0, 0] } });
      return [compilePairs(part.pairs)];
    });
  }

  fault(pointer: string, message: string, part?: ValuePart, more: Partial<Fault> = {}): void {
    const place = { pointer: this.at + pointer, ...(part !== undefined && { within: part.within }) };
    this.faults.push({ rule: 'signature-invalid', severity: 'error', ...place, message, ...more });
  }

  #parse(template: string, pointer: string, key: boolean): readonly TemplatePart[] {
    const { parts, faults } = parseTemplate(template);
    for (const { within, ...fault } of faults) {
      const place = { pointer: this.at + pointer, ...(key ? { key } : { within }) };
      this.faults.push({ rule: 'signature-template', severity: 'error', ...place, ...fault });
    }
    for (const part of valuesOf(parts)) {
      this.uses.push({ part, pointer });
      this.#checkNames(part, pointer, key);
    }
    return parts;
  }

  #checkNames(part: ValuePart, pointer: string, key: boolean): void {
    const known = this.#known(part.source);
    if (known !== undefined && part.name !== '' && !known.names.includes(part.name)) {
      const hint = suggest(part.name, known.names);
      this.#report(pointer, `${known.what} "${part.name}"`, part, key, hint);
    }
    if (part.filters.some(({ name }) => name.startsWith('hmac-')) && this.allowed.hmac !== true) {
      this.#report(pointer, 'an hmac filter can only stand in the answer of a handshake', part, key, {});
    }
  }

  #report(pointer: string, message: string, part: ValuePart, key: boolean, more: object): void {
    if (key) this.fault(pointer, message, undefined, { key, ...more });
    else this.fault(pointer, message, part, more);
  }

  #known(source: ValuePart['source']): { what: string; names: readonly string[] } | undefined {
    const { secrets = [], params = [] } = this.facts;
    if (source === 'param') {
      return { what: 'the plugin\'s "params" has no', names: params.map(({ name }) => name) };
    }
    if (source === 'secret') {
      return { what: 'the plugin\'s "secrets" has no', names: secrets.map(({ name }) => name) };
    }
    return source === 'let'
      ? { what: 'nothing before this defines the "let"', names: [...this.lets.keys()] }
      : undefined;
  }
}

/** The values of a template, those in `[…]` included. */
export function valuesOf(parts: readonly TemplatePart[]): readonly ValuePart[] {
  return parts.flatMap((part) => {
    if (part.kind === 'optional') return valuesOf(part.parts);
    return part.kind === 'value' ? [part] : [];
  });
}
