import { join } from 'node:path';
import { Failure } from '../../../exit.js';
import { BaseCommand } from '../../base-command.js';
import { didYouMean } from '../../did-you-mean.js';
import { Args } from '../../oclif.js';

const names = ['gateway', 'plugin', 'tests', 'scenario', 'example', 'example-objects', 'record'] as const;

export default class SchemaPrint extends BaseCommand {
  static override summary = 'Print a JSON Schema, for editors and for CI.';
  static override description =
    'Without a name: which there are, and what each describes. The first line of a YAML file tells an editor which schema ' +
    'it has: # yaml-language-server: $schema=gateway.schema.json';
  static override examples = [
    '<%= config.bin %> schema print',
    '<%= config.bin %> schema print gateway > gateway.schema.json',
  ];
  static override args = { name: Args.string({ name: 'NAME', description: `One of ${names.join(', ')}.` }) };

  override async run(): Promise<object> {
    const { args } = await this.parse(SchemaPrint);
    const [{ packageRoot }, { readJson }] = await Promise.all([
      import('../../../util/package-root.js'),
      import('../../../util/read-text.js'),
    ]);
    const read = (name: string) => readJson(join(packageRoot, 'schemas', `${name}.schema.json`));
    const name = names.find((each) => each === args.name);
    if (name !== undefined) {
      const schema = await read(name);
      this.log(JSON.stringify(schema, undefined, 2));
      return schema;
    }
    if (args.name !== undefined) {
      const hint = (await didYouMean(args.name, names)) ?? `there are ${names.join(', ')}`;
      throw new Failure('usage', `No schema "${args.name}": ${hint}`);
    }
    const all = await Promise.all(
      names.map(async (each) => [each, { description: '', ...(await read(each)) }.description]),
    );
    for (const [each = '', description] of all) this.log(`${each.padEnd(15)}  ${description}`);
    return Object.fromEntries(all);
  }
}
