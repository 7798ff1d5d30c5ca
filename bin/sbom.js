// Prints the software bill of materials of the production dependencies, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), from package-lock.json.
import { readFileSync } from 'node:fs';

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
const { packages } = read('package-lock.json');
const { name, version, license } = read('package.json');
const nested = 'node_modules/';

const nameOf = (path) => path.slice(path.lastIndexOf(nested) + nested.length);
// https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md
const purlOf = (path) => `pkg:npm/${nameOf(path).replace('@', '%40')}@${packages[path].version}`;
const isProduction = ([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional;

/** Where Node.js finds a package that another one imports: the nearest folder upwards. */
function resolve(from, wanted) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf(nested) - 1))) {
    const path = `${at === '' ? '' : `${at}/`}${nested}${wanted}`;
    if (packages[path] !== undefined) return path;
    if (at === '') return undefined;
  }
}

function dependenciesOf(path) {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = packages[path];
  const found = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).map((wanted) =>
    resolve(path, wanted),
  );
  return [
    ...new Set(found.filter((each) => each !== undefined && isProduction([each, packages[each]])).map(purlOf)),
  ].sort();
}

function toComponent([path, { version, license, integrity, resolved, optional }]) {
  const [algorithm, digest] = (integrity ?? '').split('-');
  return {
    ...{ type: 'library', 'bom-ref': purlOf(path), name: nameOf(path), version, purl: purlOf(path) },
    scope: optional ? 'optional' : 'required',
    ...(license && {
      licenses: [/ (OR|AND|WITH) /.test(license) ? { expression: license } : { license: { name: license } }],
    }),
    ...(algorithm === 'sha512' && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }],
    }),
    ...(resolved && { externalReferences: [{ type: 'distribution', url: resolved }] }),
  };
}

const production = Object.entries(packages).filter(isProduction);
const components = [...new Map(production.map((entry) => [purlOf(entry[0]), toComponent(entry)])).values()];
const own = `pkg:npm/${name}@${version}`;
const dependencies = [
  { ref: own, dependsOn: dependenciesOf('') },
  ...[
    ...new Map(
      production.map(([path]) => [purlOf(path), { ref: purlOf(path), dependsOn: dependenciesOf(path) }]),
    ).values(),
  ],
];
const component = {
  type: 'application',
  'bom-ref': own,
  name,
  version,
  purl: own,
  licenses: [{ license: { name: license } }],
};
const bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component },
  components,
  dependencies,
};
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);
