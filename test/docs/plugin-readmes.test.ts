import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { describeRoutes, describeSections } from '../../src/cli/plugin-sections.js';
import { openPlugin } from '../../src/config/plugins/catalogue.js';
import { describePlugin, type PluginDescription } from '../../src/config/plugins/describe.js';
import { pluginNames, pluginsFolder } from '../unit/plugins-data/endpoints.js';

const begin = '<!-- declared: made from plugin.yaml by `UPDATE=1 npx mocha test/docs/plugin-readmes.test.ts` -->';
const end = '<!-- /declared -->';

/** What people wrote stands above it, and is about what a declaration cannot say. */
function write(readme: string, text: string): string {
  const above = readme.split(begin)[0] ?? '';
  return `${above.trimEnd()}\n\n${begin}\n${text}${end}\n`;
}

function cell(text: string): string {
  return text.trim().replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** As `gateway plugins show` says it, as Markdown. */
function toMarkdown(plugin: PluginDescription): string {
  const sections = describeSections(plugin).filter(([label, lines]) => label !== 'Sources' && lines.length > 0);
  const rows = sections.map(([label, lines]) => `| ${label} | ${lines.map(cell).join('<br>')} |\n`);
  const routes = describeRoutes(plugin).map(
    ([events, topic, key]) => `| ${code(events)} | ${code(topic)} | ${key.startsWith('(') ? key : code(key)} |\n`,
  );
  const sources = plugin.sources.map(
    ({ about, what, where, read }) => `- ${about.join(', ')}: ${what} (${where}, read ${read})\n`,
  );
  return [
    `## What plugin.yaml declares\n| | |\n|---|---|\n${rows.join('')}`,
    `| events | topic | key |\n|---|---|---|\n${routes.join('')}`,
    ...(sources.length > 0 ? [`Sources:\n\n${sources.join('')}`] : []),
  ].join('\n');
}

describe('the README of each plugin', () => {
  for (const name of pluginNames) {
    it(`says what plugin.yaml declares: ${name}`, async () => {
      const folder = new URL(name, pluginsFolder).pathname;
      const { sound } = await openPlugin(name, folder);
      if (sound === undefined) throw new Error(`plugins/${name} cannot be used`);
      const file = `${folder}/README.md`;
      const readme = readFileSync(file, 'utf8');
      const text = write(readme, toMarkdown(await describePlugin(sound)));
      if (process.env.UPDATE === '1') writeFileSync(file, text);
      else expect(readme).to.equal(text);
    });
  }
});
