import { join, relative, sep } from 'node:path';
import { packageRoot } from '../../util/package-root.js';

/**
 * The comment by which editors find a schema of this package, for a file in `folder` (absolute): a line, or none where the
 * package lies outside of `project`, since such a path would be wrong on the next machine.
 */
export function schemaComment(name: string, folder: string, project: string = process.cwd()): readonly string[] {
  const schema = join(packageRoot, 'schemas', `${name}.schema.json`);
  if (relative(project, schema).startsWith('..')) return [];
  const path = relative(folder, schema).split(sep).join('/');
  return [`# yaml-language-server: $schema=${path}`];
}
