import type { RuleDefinition, RuleExample } from '../../src/diagnostics/rules/definition.js';
import { ruleDefinitions } from '../../src/diagnostics/rules.js';
import { environment, lintExample, scene } from './rule-scene.js';

const made = '<!-- Made from src/diagnostics/rules/ by `UPDATE=1 npx mocha test/docs/rules.test.ts`. -->\n';

/** The documentation's page about a rule, as Markdown. */
export async function rulePageText(rule: RuleDefinition): Promise<string> {
  const { printed } = await lintExample(rule.bad);
  return [
    `${made}# ${rule.id}\n`,
    `**${rule.severity === 'error' ? 'Error' : 'Warning'}.** ${rule.what}\n`,
    `${rule.why}\n`,
    `## Bad\n\n${fence(rule.bad)}\nsays\n\n\`\`\`\n${printed}\`\`\`\n`,
    `## Good\n\n${fence(rule.good)}`,
    levelText(rule),
    'The examples are linted by the tests, beside the files in [the list of rules](README.md#the-examples).\n',
  ].join('\n');
}

function levelText({ id, severity }: RuleDefinition): string {
  if (severity === 'error')
    return '## Level\n\nIt cannot be turned off or lowered: the gateway does not start with it.\n';
  return `## Level\n\n\`gateway lint-config --rule ${id}=off\` (or \`=error\`), or in gateway.yaml, for \`start\` too:\n\n\`\`\`yaml\nlint: { rules: { ${id}: off } }\n\`\`\`\n`;
}

function fence({ file, text }: RuleExample): string {
  if (text === undefined) return `No \`${file}\`.\n`;
  return `\`${file}\`:\n\n\`\`\`${file.endsWith('.json') ? 'json' : 'yaml'}\n${text}\`\`\`\n`;
}

/** The list of rules, as Markdown. */
export function ruleIndexText(): string {
  const rows = ruleDefinitions.map(
    ({ id, severity, what }) => `| [${id}](${id}.md) | ${severity} | ${what.replaceAll('|', '\\|')} |\n`,
  );
  const files = [...scene].map(([path, text]) => `\`${path}\`:\n\n\`\`\`${path.split('.').at(-1)}\n${text}\`\`\`\n`);
  const variables = Object.entries(environment).map(([name, text]) => `${name}=${text}\n`);
  return [
    `${made}# Rules of the linter\n`,
    'What `gateway lint-config` finds, and `gateway start` before it starts. An error keeps the gateway from starting and cannot be turned off; what a warning counts as is said by `lint.rules` in gateway.yaml or by `--rule`.\n',
    `| rule | | |\n|---|---|---|\n${rows.join('')}`,
    '## The examples\n\nThe example of a page stands in the place of one of these files.\n',
    ...files,
    'In `tls/` there are certificates with their keys: `acme`, `other`, and `expired`, which was valid until 2026-01-31.\n',
    `Environment:\n\n\`\`\`sh\n${variables.join('')}\`\`\`\n`,
  ].join('\n');
}
