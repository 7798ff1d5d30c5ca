/** Who may import whom: see the list of rooms in CONTRIBUTING.md. Types may cross where it says so; code may not, required code neither. */
const code = { dependencyTypesNot: ['type-only', 'type-import'] };
const pure = '^src/(core|signature|diagnostics)/';
const pages = '^src/inspector/pages/';
/** What the gateway is made of, and does not know of each other. */
const edges = '^src/(kafka|publish|storage|server/(http|telemetry|keys|tls|silence))/';

/** A room may import the rooms that are named, and src/util. */
function room(name, ...others) {
  return {
    name: `room-${name}`,
    severity: 'error',
    from: { path: `^src/${name}/` },
    to: { ...code, path: '^src/', pathNot: `^src/(${[name, 'util', ...others].join('|')})[/.]` },
  };
}

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true, viaOnly: code } },
    { name: 'model-imports-nothing', severity: 'error', from: { path: '^src/core/model\\.ts$' }, to: { ...code, pathNot: '^$' } },
    { name: 'rejection-imports-model-only', severity: 'error', from: { path: '^src/core/rejection\\.ts$' }, to: { ...code, pathNot: '^src/core/model\\.ts$' } },
    { name: 'room-util', severity: 'error', from: { path: '^src/util/' }, to: { ...code, path: '^src/', pathNot: '^src/util/' } },
    room('diagnostics'),
    room('signature', 'core/(model|rejection)', 'diagnostics'),
    room('core', 'signature', 'diagnostics'),
    room('config', 'core', 'signature', 'diagnostics'),
    room('kafka', 'core'),
    room('storage', 'core', 'kafka'),
    room('publish', 'core', 'kafka', 'storage'),
    room('dead-letters', 'core'),
    room('testing', 'core', 'signature', 'config', 'diagnostics', 'dead-letters', 'server/http'),
    {
      name: 'pure-rooms-touch-nothing',
      comment: 'Core, signatures and diagnostics take values and give values.',
      severity: 'error',
      from: { path: pure },
      to: { ...code, path: '^(fs|net|http|https|child_process|cluster|process)(/|$)|^node:(fs|net|http|https|child_process|cluster|process)|node_modules/(koa|@koa|kafkajs|undici|pino|@oclif)/' },
    },
    {
      name: 'edges-do-not-know-each-other',
      comment: 'gateway.ts joins them.',
      severity: 'error',
      from: { path: '^src/(server/(?:http|telemetry|keys|tls))/' },
      to: { ...code, path: edges, pathNot: '^src/$1/' },
    },
    { name: 'pipeline-knows-core-only', severity: 'error', from: { path: '^src/core/(pipeline|persist)\\.ts$' }, to: { ...code, path: '^src/', pathNot: '^src/core/(stages/|(model|rejection|persist)\\.ts$)' } },
    { name: 'nobody-imports-commands', severity: 'error', from: { pathNot: '^src/cli/commands/' }, to: { ...code, path: '^src/cli/commands/' } },
    { name: 'only-the-command-line-imports-itself', comment: 'The helper of the inspector runs some of its queries.', severity: 'error', from: { path: '^src/', pathNot: '^src/(cli|inspector/helper)/' }, to: { ...code, path: '^src/cli/' } },
    { name: 'only-commands-and-workers-import-gateway', severity: 'error', from: { path: '^src/', pathNot: '^src/(cli/commands|server/workers)/' }, to: { ...code, path: '^src/gateway\\.ts$' } },
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
      from: { path: '^src/', pathNot: '^src/(inspector|server/workers)/' },
      to: { ...code, path: '^src/inspector/' },
    },
    { name: 'no-dev-dependency', severity: 'error', from: { path: '^src/', pathNot: pages }, to: { ...code, dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'] } },
    {
      name: 'commonjs-is-required',
      comment: 'Through src/util/require.ts, which says why. Not re2js, which has modules; nor kafkajs, of which only what reads Kafka imports its index.',
      severity: 'error',
      from: { path: '^src/', pathNot: pages },
      to: { ...code, path: 'node_modules/', pathNot: 'node_modules/(re2js|kafkajs)/', dependencyTypes: ['import'] },
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
