import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Diagnostic } from './diagnostic.js';
import { ruleDefinitions, rulePage } from './rules.js';

const schema = 'https://json.schemastore.org/sarif-2.1.0.json';

/**
 * A log of the Static Analysis Results Interchange Format 2.1.0 (OASIS), as code scanning takes it. `base`: absolute folder
 * that files are named relative to; `version`: of this program.
 */
export function formatSarif(diagnostics: readonly Diagnostic[], base: string, version: string): string {
  const found = new Set(diagnostics.map(({ rule }) => rule));
  const rules = ruleDefinitions.filter(({ id }) => found.has(id));
  const driver = {
    name: 'gateway lint-config',
    informationUri: rulePage(''),
    version,
    rules: rules.map(({ id, severity, what, why }) => ({
      id,
      shortDescription: { text: what },
      fullDescription: { text: `${what} ${why}` },
      help: { text: why },
      helpUri: rulePage(id),
      defaultConfiguration: { level: severity },
    })),
  };
  const run = {
    tool: { driver },
    // Columns count as JavaScript and most editors count them.
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { ROOT: { uri: `${pathToFileURL(base).href}/` } },
    results: diagnostics.map((diagnostic) => toResult(diagnostic, base, [...rules.map(({ id }) => id)])),
  };
  return `${JSON.stringify({ $schema: schema, version: '2.1.0', runs: [run] }, undefined, 2)}\n`;
}

function toResult({ rule, severity, file, range, message, hint }: Diagnostic, base: string, rules: readonly string[]) {
  const uri = relative(base, file).split('\\').join('/').split('/').map(encodeURIComponent).join('/');
  const region = range && {
    startLine: range.start.line,
    startColumn: range.start.column,
    endLine: range.end.line,
    endColumn: range.end.column,
  };
  return {
    ruleId: rule,
    ruleIndex: rules.indexOf(rule),
    level: severity,
    message: { text: hint === undefined ? message : `${message}\n${hint}` },
    locations: [{ physicalLocation: { artifactLocation: { uri, uriBaseId: 'ROOT' }, ...(region && { region }) } }],
  };
}
