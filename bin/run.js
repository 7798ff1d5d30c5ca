#!/usr/bin/env node
import { createRequire } from 'node:module';

// As src/require.ts says: `import` would take longer.
const { execute } = createRequire(import.meta.url)('@oclif/core/execute');
await execute({ dir: import.meta.url });
