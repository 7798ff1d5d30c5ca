// Writes oclif.manifest.json, with which the command line starts without importing every command.
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { require } from '../dist/util/require.js';

const { Config } = require('@oclif/core/config');
const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = new URL('../oclif.manifest.json', import.meta.url);
// oclif would take the old one for the truth.
rmSync(manifest, { force: true });
const config = await Config.load({ root });
const plugin = config.plugins.get(config.pjson.name);
if (!plugin) throw new Error(`oclif did not load ${config.pjson.name}`);
writeFileSync(manifest, `${JSON.stringify(plugin.manifest, null, 2)}\n`);
