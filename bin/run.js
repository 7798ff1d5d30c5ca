#!/usr/bin/env node
import { require } from '../dist/util/require.js';

const { execute } = require('@oclif/core/execute');
await execute({ dir: import.meta.url });
