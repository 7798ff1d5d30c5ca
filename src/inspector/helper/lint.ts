import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { lint } from '../../testing/lint/lint.js';
import type { LintFinding } from '../contract.js';

/** What `gateway lint-config` says of the file as it is now. */
export async function lintFile(file: string): Promise<{ readonly findings: readonly LintFinding[] }> {
  const { diagnostics } = await lint([{ config: file }], process.env, Date.now());
  return { findings: diagnostics.map(toFinding) };
}

function toFinding({ rule, severity, file, range, message, hint }: Diagnostic): LintFinding {
  return {
    rule,
    severity,
    file,
    message,
    ...(range && { line: range.start.line, column: range.start.column }),
    ...(hint !== undefined && { hint }),
  };
}
