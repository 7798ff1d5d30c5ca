/** Who may import whom: see the list of rooms in CONTRIBUTING.md. Types may cross, so they aren't looked at; code may not, required code neither. */
const code = { dependencyTypesNot: ['type-only', 'type-import'] };
const pure = '^src/(stages|signature|rules|exact|diagnostics|protect)/';
const pages = '^src/inspector/pages/';
const edges = '^src/(publish|dedupe|http|telemetry)/';

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true, viaOnly: code } },
    { name: 'model-imports-nothing', severity: 'error', from: { path: '^src/model\\.ts$' }, to: { ...code, pathNot: '^$' } },
    { name: 'rejection-imports-model-only', severity: 'error', from: { path: '^src/rejection\\.ts$' }, to: { ...code, pathNot: '^src/model\\.ts$' } },
    {
      name: 'pure-rooms-touch-nothing',
      comment: 'Stages, signatures, rules and diagnostics take values and give values.',
      severity: 'error',
      from: { path: pure },
      to: { ...code, path: `^(fs|net|http|https|child_process|cluster|process)(/|$)|^node:(fs|net|http|https|child_process|cluster|process)|node_modules/(koa|@koa|kafkajs|@platformatic|undici|pino|@oclif)/|${edges}|^src/(config|plugins|commands|simulate)/|^src/gateway\\.ts$` },
    },
    {
      name: 'edges-do-not-know-each-other',
      comment: 'gateway.ts joins them.',
      severity: 'error',
      from: { path: '^src/(publish|dedupe|http|telemetry)/' },
      to: { ...code, path: edges, pathNot: '^src/$1/' },
    },
    { name: 'pipeline-knows-stages-only', severity: 'error', from: { path: '^src/(pipeline|safekeeping)\\.ts$' }, to: { ...code, path: '^src/', pathNot: '^src/(stages/|(model|rejection|safekeeping)\\.ts$)' } },
    { name: 'nobody-imports-commands', severity: 'error', from: { pathNot: '^src/commands/' }, to: { ...code, path: '^src/commands/' } },
    { name: 'only-commands-and-workers-import-gateway', severity: 'error', from: { path: '^src/', pathNot: '^src/(commands|workers)/' }, to: { ...code, path: '^src/gateway\\.ts$' } },
    {
      name: 'pages-stand-alone',
      comment: 'They are bundled for the browser; types of the server they may know.',
      severity: 'error',
      from: { path: pages },
      to: { ...code, pathNot: `${pages}|node_modules/preact/` },
    },
    { name: 'nobody-imports-pages', severity: 'error', from: { path: '^src/', pathNot: pages }, to: { ...code, path: pages } },
    {
      name: 'helper-stays-in-its-process',
      comment: 'Reading topics, replaying and trying rules is not for the process that answers webhooks: see src/inspector/helper/helper.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/inspector/helper/' },
      to: { ...code, path: '^src/inspector/helper/', pathNot: '^src/inspector/helper/helper\\.ts$' },
    },
    {
      name: 'helper-is-not-loaded-here',
      severity: 'error',
      from: { path: '^src/inspector/helper/helper\\.ts$' },
      to: { ...code, path: '^src/', pathNot: '^src/inspector/respond\\.ts$' },
    },
    {
      name: 'inspector-is-joined-by-workers',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(inspector|workers)/' },
      to: { ...code, path: '^src/inspector/' },
    },
    { name: 'no-dev-dependency', severity: 'error', from: { path: '^src/', pathNot: pages }, to: { ...code, dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'] } },
    {
      name: 'commonjs-is-required',
      comment: 'Through src/require.ts, which says why. Not those two: they have modules; nor kafkajs, of which only what reads Kafka imports its index.',
      severity: 'error',
      from: { path: '^src/', pathNot: pages },
      to: { ...code, path: 'node_modules/', pathNot: 'node_modules/(@platformatic/kafka|re2js|kafkajs)/', dependencyTypes: ['import'] },
    },
  ],
  options: {
    // As written: what it makes of TypeScript by itself has no `require` that it knows.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
