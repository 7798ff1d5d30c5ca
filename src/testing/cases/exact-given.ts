import type { Document } from 'yaml';
import { ExactNumber, losesText } from '../../util/json/number.js';
import { putAt } from '../../util/json/paths.js';
import { copyJson } from '../../util/json/write.js';
import { require } from '../../util/require.js';
import type { CasebookDeclaration, CaseDeclaration } from './declaration.js';

const { isAlias, isMap, isScalar, isSeq, parseDocument }: typeof import('yaml') = require('yaml');

interface Found {
  readonly path: readonly string[];
  readonly value: ExactNumber;
}

/** The cases of a file, where the numbers of `payload` and `set` are as the file's text has them: YAML rounds as JSON.parse does. */
export function withExactGiven(text: string, { cases }: CasebookDeclaration): readonly CaseDeclaration[] {
  const document = parseDocument(text);
  return cases.map((each, index) => {
    const found = ['payload', 'set'].flatMap((name) =>
      findExact(document, document.getIn(['cases', index, 'given', name], true), [name]),
    );
    if (found.length === 0) return each;
    const { payload, set } = each.given;
    // Before they are changed: an alias is the same object in another case.
    const given = { ...each.given, ...Object.fromEntries(Object.entries({ payload, set }).map(copyMember)) };
    for (const { path, value } of found) putAt(given, path, value);
    return { ...each, given };
  });
}

function copyMember([name, value]: [string, unknown]): [string, unknown] {
  return [name, copyJson(value)];
}

function findExact(document: Document, node: unknown, path: readonly string[]): readonly Found[] {
  if (isAlias(node)) return findExact(document, node.resolve(document), path);
  if (isSeq(node)) return node.items.flatMap((item, index) => findExact(document, item, [...path, String(index)]));
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) =>
      isScalar(key) ? findExact(document, value, [...path, String(key.value)]) : [],
    );
  }
  if (!isScalar(node) || typeof node.value !== 'number' || !isJsonNumber(node.source)) return [];
  return losesText(node.source) ? [{ path, value: new ExactNumber(node.source) }] : [];
}

/** YAML has other forms, too, such as 0x1F. */
function isJsonNumber(text: string | undefined): text is string {
  return text !== undefined && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(text);
}
