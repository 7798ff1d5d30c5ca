import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Fence, fences } from './markdown.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What people read: the README and the pages of docs/, by their paths from the project's root. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

export interface PageFence extends Fence {
  readonly page: string;
}

/** All fences of a language, page by page. */
export function fencesOf(language: string): readonly PageFence[] {
  return pages.flatMap((page) =>
    fences(readPage(page)).flatMap((fence) => (fence.language === language ? [{ ...fence, page }] : [])),
  );
}
