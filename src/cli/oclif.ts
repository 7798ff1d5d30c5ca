import { require } from '../util/require.js';

/** What commands are made of. */
export const Args: typeof import('@oclif/core/args') = require('@oclif/core/args');
export const Flags: typeof import('@oclif/core/flags') = require('@oclif/core/flags');
export const { Command }: typeof import('@oclif/core/command') = require('@oclif/core/command');
