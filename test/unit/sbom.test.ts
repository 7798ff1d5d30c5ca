import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}
interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
}

describe('the bill of materials', () => {
  const { stdout, status } = spawnSync(process.execPath, ['bin/sbom.js'], { cwd: root, encoding: 'utf8' });
  const lock: { packages: Record<string, Locked> } = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8'));
  const production = Object.entries(lock.packages).filter(
    ([path, { dev, devOptional }]) => path && !dev && !devOptional,
  );
  const bom = () => JSON.parse(stdout);

  it('is CycloneDX 1.6', () => {
    expect(status).to.equal(0);
    expect(bom()).to.include({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 });
  });

  it('has the production packages of the lockfile, with their digests, and no others', () => {
    const listed = bom().components.map(
      ({ name, version, hashes }: Component) => `${name}@${version} ${hashes[0]?.alg} ${hashes[0]?.content}`,
    );
    const locked = production.map(([path, { version, integrity = '' }]) => {
      const digest = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
      return `${path.replace(/.*node_modules\//, '')}@${version} SHA-512 ${digest}`;
    });
    expect(listed.sort()).to.deep.equal([...new Set(locked)].sort());
    expect(listed.some((each: string) => each.startsWith('mocha@'))).to.equal(false);
  });

  it('refers only to what it has, and each is reached from the gateway', () => {
    const { components, dependencies, metadata } = bom();
    const refs = new Set([metadata.component['bom-ref'], ...components.map((each: Component) => each['bom-ref'])]);
    const edges = new Map<string, string[]>(
      dependencies.map(({ ref, dependsOn }: { ref: string; dependsOn: string[] }) => [ref, dependsOn]),
    );
    expect([...edges.values()].flat().filter((ref) => !refs.has(ref))).to.deep.equal([]);
    const reached = new Set<string>([metadata.component['bom-ref']]);
    for (const ref of reached) for (const next of edges.get(ref) ?? []) reached.add(next);
    expect([...refs].filter((ref) => !reached.has(ref))).to.deep.equal([]);
  });
});
