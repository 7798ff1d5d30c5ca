import type { LoadedConfig } from '../config/load.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Tested } from './test-run.js';

/** What came of trying the rules of endpoints' own routes on the examples of their plugins. */
export interface TriedRoutes {
  /** A case for each endpoint that has routes; absent: none has. */
  readonly tested?: Tested;
  /** In which `sources` knows the text. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A rule that fails is a failed case of its endpoint. `providers`: only their endpoints; absent: all. */
export async function testOwnRoutes(
  file: string,
  { declared, plugins, levels }: LoadedConfig,
  providers: ReadonlySet<string> | undefined,
  now: number,
): Promise<TriedRoutes> {
  const endpoints = declared.endpoints.filter(
    ({ provider, routes }) => routes.length > 0 && (providers === undefined || providers.has(provider)),
  );
  if (endpoints.length === 0) return { diagnostics: [] };
  const [{ lintExamples }, { tryOwnRoutes }, { applyLevels }, { inOrder }] = await Promise.all([
    import('../testing/plugins/lint-examples.js'),
    import('../testing/rules/endpoints.js'),
    import('../diagnostics/levels.js'),
    import('../config/load.js'),
  ]);
  const used = plugins.filter(({ provider }) => endpoints.some((each) => each.provider === provider.name));
  const grounds = new Map(
    await Promise.all(
      used.map(async (plugin) => [plugin.provider.name, (await lintExamples(plugin, now, new Map())).ground] as const),
    ),
  );
  const tried = endpoints.map(async (endpoint) => {
    const own = { ...declared, endpoints: [endpoint] };
    const diagnostics = applyLevels(await tryOwnRoutes(own, plugins, grounds), levels);
    const failing = diagnostics.filter(({ rule }) => rule === 'expr-fails');
    const { line } = declared.toDiagnostic({ ...place, pointer: endpoint.pointer }).range?.start ?? {
      line: 1,
    };
    const { name } = endpoint;
    const problem = failing.map(describe).join('; ');
    const result = {
      name: `the rules of the routes of ${name}, on the examples`,
      endpoint: name,
      line,
      differences: [],
    };
    return { diagnostics, result: { ...result, passed: problem === '', ...(problem === '' ? {} : { problem }) } };
  });
  const settled = await Promise.all(tried);
  return {
    tested: { file, diagnostics: [], cases: settled.map(({ result }) => result) },
    diagnostics: inOrder(settled.flatMap(({ diagnostics }) => diagnostics)),
  };
}

const place = { rule: 'expr-fails', severity: 'warning', message: '' } as const;

function describe({ range, message }: Diagnostic): string {
  return range === undefined ? message : `${range.start.line}:${range.start.column} ${message}`;
}
