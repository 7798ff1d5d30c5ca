import { relative } from 'node:path';
import type { Diagnostic } from './diagnostic.js';
import { place } from './pretty.js';

/** A test as JUnit's XML has it. */
interface JunitCase {
  readonly name: string;
  /** Why it failed, in a line; absent: it passed. */
  readonly failure?: string;
  /** What kind of failure it is. */
  readonly type?: string;
  /** What else there is to say of it. */
  readonly text?: string;
}

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

/** JUnit's XML, as CI servers read it (https://github.com/testmoapp/junitxml). `name`: of the whole. */
export function writeJunit(suites: readonly JunitSuite[], name?: string): string {
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name })} ${counts(all)}>`,
    ...suites.flatMap((suite) => [
      `  <testsuite${attributes({ name: suite.name })} ${counts(suite.cases)}>`,
      ...suite.cases.map((each) => writeCase(suite.name, each)),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

/**
 * A report of lint: a suite for each file, a case for each finding. Errors are failures, and warnings with `strict`; a file
 * without findings is a case that passed. `files`: absolute paths of what was checked.
 */
export function formatJunit(
  diagnostics: readonly Diagnostic[],
  files: readonly string[],
  base: string,
  { strict = false }: { readonly strict?: boolean } = {},
): string {
  const suites = [...new Set([...files, ...diagnostics.map(({ file }) => file)])].map((file) => {
    const found = diagnostics.filter((diagnostic) => diagnostic.file === file);
    const cases = found.map((diagnostic) => toCase(diagnostic, base, strict || diagnostic.severity === 'error'));
    return { name: relative(base, file), cases: cases.length > 0 ? cases : [{ name: 'lint' }] };
  });
  return writeJunit(suites, 'gateway lint-config');
}

function toCase(diagnostic: Diagnostic, base: string, failed: boolean): JunitCase {
  const { rule, severity, message, hint, file } = diagnostic;
  const at = place(diagnostic, base);
  const name = `${rule}${at.slice(relative(base, file).length)}`;
  const text = `${at} ${message}${hint === undefined ? '' : `\n${hint}`}`;
  return failed ? { name, failure: message, type: severity, text } : { name, text: `${severity}: ${text}` };
}

function counts(cases: readonly JunitCase[]): string {
  return `tests="${cases.length}" failures="${cases.filter(({ failure }) => failure !== undefined).length}"`;
}

function writeCase(classname: string, { name, failure, type, text }: JunitCase): string {
  const head = `    <testcase${attributes({ classname, name })}`;
  if (failure !== undefined) return `${head}>${element('failure', { type, message: failure }, text)}</testcase>`;
  return text === undefined ? `${head}/>` : `${head}>${element('system-out', {}, text)}</testcase>`;
}

type Attributes = { readonly [name: string]: string | undefined };

function element(name: string, named: Attributes, text: string | undefined): string {
  const head = `<${name}${attributes(named)}`;
  return text === undefined ? `${head}/>` : `${head}>${escapeXml(text)}</${name}>`;
}

function attributes(named: Attributes): string {
  return Object.entries(named)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escapeXml(value)}"`))
    .join('');
}

const entities: { readonly [character: string]: string | undefined } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/**
 * A text as XML 1.0 has it in attributes and elements (https://www.w3.org/TR/xml/#charsets): what it has no character for,
 * escaped or not, and control characters, which terminals obey, become U+FFFD.
 */
function escapeXml(text: string): string {
  return text
    .replace(
      /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|(?![\t\r\n])\p{Cc}/gu,
      '\ufffd',
    )
    .replace(/[&<>"\n]/g, (character) => entities[character] ?? character);
}
