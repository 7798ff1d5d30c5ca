import { isContainer } from '../values.js';

type Container = { [key: string]: unknown };

/** The dotted path's steps: `data.object.id`, `lines.0.amount`. */
export function parsePath(path: string): readonly string[] {
  return path.split('.');
}

/** What stands at the path; `undefined` if nothing does. Only own members count. */
export function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const step of path) {
    if (!isContainer(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/**
 * Puts the value at the path, changing `root`; objects are made on the way where there are none. Returns the root,
 * which is another one if it was no object or the path is empty.
 */
export function putAt(root: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const container = isContainer(root) ? root : {};
  const inner = Object.hasOwn(container, step) ? container[step] : undefined;
  setMember(container, step, putAt(inner, rest, value));
  return container;
}

/** Defined, not assigned: `__proto__` is a key like any other here. */
export function setMember(container: Container, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Takes out what stands at the path, changing `root`; returns it. An element of an array closes up. */
export function removeAt(root: unknown, path: readonly string[]): unknown {
  const parent = valueAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (last === undefined || !isContainer(parent)) return root;
  if (Array.isArray(parent)) parent.splice(/^\d+$/.test(last) ? Number(last) : parent.length, 1);
  else delete parent[last];
  return root;
}

/** The paths of a batch's items: those that a JSON pointer with `*` at the elements matches; one empty path without it. */
export function itemPaths(root: unknown, pointer = ''): readonly (readonly string[])[] {
  let paths: readonly (readonly string[])[] = [[]];
  for (const token of pointer.split('/').slice(1)) {
    const step = token.replaceAll('~1', '/').replaceAll('~0', '~');
    paths = paths.flatMap((path) => {
      const value = valueAt(root, path);
      if (!isContainer(value)) return [];
      const steps = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
      return steps.map((next) => [...path, next]);
    });
  }
  return paths;
}
