#!/usr/bin/env node
// The command line from source, through tsx: nothing needs building.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execute } from '@oclif/core/execute';
import { register } from 'tsx/esm/api';

register();
const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
pjson.oclif.commands = './src/cli/commands';
pjson.oclif.hooks = { command_not_found: './src/cli/hooks/command-not-found.ts' };
await execute({ loadOptions: { root, pjson, ignoreManifest: true } });
