/** Who may import whom: see the list of rooms in CONTRIBUTING.md. Types may cross, so they aren't looked at; code may not. */
const pure = '^src/(stages|signature|rules|diagnostics)/';
const edges = '^src/(publish|dedupe|http|telemetry)/';

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'model-imports-nothing', severity: 'error', from: { path: '^src/model\\.ts$' }, to: { pathNot: '^$' } },
    { name: 'rejection-imports-model-only', severity: 'error', from: { path: '^src/rejection\\.ts$' }, to: { pathNot: '^src/model\\.ts$' } },
    {
      name: 'pure-rooms-touch-nothing',
      comment: 'Stages, signatures, rules and diagnostics take values and give values.',
      severity: 'error',
      from: { path: pure },
      to: { path: `^(fs|net|http|https|child_process|cluster|process)(/|$)|^node:(fs|net|http|https|child_process|cluster|process)|node_modules/(koa|@koa|kafkajs|@platformatic|undici|pino|@oclif)/|${edges}|^src/(config|plugins|commands|simulate)/|^src/gateway\\.ts$` },
    },
    {
      name: 'edges-do-not-know-each-other',
      comment: 'gateway.ts joins them.',
      severity: 'error',
      from: { path: '^src/(publish|dedupe|http|telemetry)/' },
      to: { path: edges, pathNot: '^src/$1/' },
    },
    { name: 'pipeline-knows-stages-only', severity: 'error', from: { path: '^src/pipeline\\.ts$' }, to: { path: '^src/', pathNot: '^src/(stages/|model\\.ts$|rejection\\.ts$)' } },
    { name: 'nobody-imports-commands', severity: 'error', from: { pathNot: '^src/commands/' }, to: { path: '^src/commands/' } },
    { name: 'only-commands-and-workers-import-gateway', severity: 'error', from: { path: '^src/', pathNot: '^src/(commands|workers)/' }, to: { path: '^src/gateway\\.ts$' } },
    { name: 'no-dev-dependency', severity: 'error', from: { path: '^src/' }, to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'] } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
