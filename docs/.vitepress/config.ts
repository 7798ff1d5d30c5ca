import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

interface Entry {
  readonly text: string;
  readonly link: string;
}

/** The table of docs/README.md: a group of pages for each row. */
const index = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const sidebar = [...index.matchAll(/^\| ([A-Z][^|]+?) \| (\[.+) \|$/gm)].map(([, text = '', pages = '']) => ({
  text,
  items: [...pages.matchAll(/\[([^\]]+)\]\(([^)]+)\.md\)/g)].map(
    ([, title = '', page = '']): Entry => ({
      text: title.charAt(0).toUpperCase() + title.slice(1),
      link: `/${page.replace(/README$/, '')}`,
    }),
  ),
}));

export default defineConfig({
  title: 'Webhook gateway',
  description: 'Provider webhooks, verified and published to Kafka',
  outDir: '../.cache/docs',
  cacheDir: '../.cache/vitepress',
  cleanUrls: true,
  rewrites: { 'README.md': 'index.md', 'rules/README.md': 'rules/index.md' },
  themeConfig: { sidebar, search: { provider: 'local' }, outline: 'deep' },
  markdown: {
    // Text such as {{ x }} is not for Vue; files outside of docs/ are in the repository, not on the site.
    config(markdown) {
      const open = markdown.renderer.rules.link_open;
      markdown.renderer.rules.link_open = (tokens, at, options, environment, self) => {
        const token = tokens[at];
        if (token?.attrGet('href')?.startsWith('../') && !environment.relativePath?.startsWith('rules/')) token.attrs = [];
        return open?.(tokens, at, options, environment, self) ?? self.renderToken(tokens, at, options);
      };
    },
  },
});
