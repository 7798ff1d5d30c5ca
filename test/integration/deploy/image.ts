import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { createIgnore, type Instruction, parseDockerfile, parseExec } from './dockerfile.js';

/** What a Dockerfile makes, as folders: there need be no container engine. */
export interface Image {
  /** The folder that stands for `/`. */
  readonly root: string;
  workdir: string;
  user: string;
  readonly env: { [name: string]: string };
  readonly ports: number[];
  entrypoint: readonly string[];
  command: readonly string[];
  health: readonly string[];
}

/** The last stage, and how to remove all of them. */
export interface Built {
  readonly image: Image;
  remove(): void;
}

/**
 * Does what the Dockerfile at `context/file` says, each stage in a folder and beside the others, as BuildKit does: COPY from
 * the context (less what .dockerignore keeps out) and from stages, RUN with the Node and npm that are installed here. An
 * instruction that it doesn't know is an error.
 */
export async function buildImage(context: string, file: string): Promise<Built> {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-image-'));
  chmodSync(dir, 0o755);
  const ignores = createIgnore(readFileSync(join(context, '.dockerignore'), 'utf8'));
  const stages = new Map<string, Promise<Image>>();
  for (const [{ name, text }, ...instructions] of splitStages(readFileSync(join(context, file), 'utf8'))) {
    if (name !== 'FROM') throw new Error(`${name} before FROM`);
    const stage = / AS (\S+)$/i.exec(text)?.[1] ?? String(stages.size);
    stages.set(stage, build(createStage(join(dir, stage)), instructions));
  }
  const images = await Promise.all(stages.values());
  const image = images.at(-1);
  if (image === undefined) throw new Error('an empty Dockerfile');
  return { image, remove: () => rmSync(dir, { recursive: true, force: true }) };

  async function build(image: Image, instructions: readonly Instruction[]): Promise<Image> {
    for (const instruction of instructions) {
      if (instruction.name !== 'COPY') {
        await apply(image, instruction);
        continue;
      }
      const { from } = instruction.flags;
      const source = from === undefined ? { root: context } : await stages.get(from);
      if (source === undefined) throw new Error(`there is no stage ${from}`);
      copy(image, instruction.text, source.root, from === undefined ? ignores : () => false);
    }
    return image;
  }
}

/** A FROM and what follows it, for each stage. */
function splitStages(source: string): readonly [Instruction, ...Instruction[]][] {
  const stages: [Instruction, ...Instruction[]][] = [];
  for (const instruction of parseDockerfile(source)) {
    const stage = stages.at(-1);
    if (stage === undefined || instruction.name === 'FROM') stages.push([instruction]);
    else stage.push(instruction);
  }
  return stages;
}

function createStage(root: string): Image {
  mkdirSync(root);
  return { root, workdir: '/', user: 'root', env: {}, ports: [], entrypoint: [], command: [], health: [] };
}

async function apply(image: Image, { name, text }: Instruction): Promise<void> {
  switch (name) {
    case 'WORKDIR':
      image.workdir = posix.resolve(image.workdir, text);
      mkdirSync(join(image.root, image.workdir), { recursive: true });
      return;
    case 'RUN':
      return run(image, text);
    case 'ENV':
      for (const [, key = '', value = ''] of text.matchAll(/(\w+)=(\S+)/g)) image.env[key] = value;
      return;
    case 'USER':
      image.user = text;
      return;
    case 'VOLUME':
      return;
    case 'EXPOSE':
      image.ports.push(Number(text));
      return;
    case 'ENTRYPOINT':
      image.entrypoint = parseExec(text);
      return;
    case 'CMD':
      image.command = parseExec(text);
      return;
    case 'HEALTHCHECK':
      image.health = parseExec(text.replace(/^CMD\s+/, ''));
      return;
    default:
      throw new Error(`${name} is not emulated`);
  }
}

/** A folder's content goes into the destination, a file goes to it or, if it ends with a slash, below it. */
function copy(image: Image, text: string, source: string, ignores: (path: string) => boolean): void {
  const names = text.split(/\s+/);
  const last = names.pop() ?? '';
  const destination = join(image.root, posix.resolve(image.workdir, last));
  for (const name of names) {
    const from = join(source, name);
    if (ignores(posix.normalize(name))) throw new Error(`.dockerignore keeps ${name} out`);
    if (!statSync(from).isDirectory()) {
      const to = last.endsWith('/') ? join(destination, basename(name)) : destination;
      mkdirSync(dirname(to), { recursive: true });
      cpSync(from, to);
      continue;
    }
    mkdirSync(destination, { recursive: true });
    for (const path of readdirSync(from, { recursive: true, withFileTypes: true })) {
      if (path.isDirectory()) continue;
      const below = join(path.parentPath, path.name).slice(from.length + 1);
      if (ignores(posix.join(posix.normalize(name), below))) continue;
      mkdirSync(dirname(join(destination, below)), { recursive: true });
      cpSync(join(from, below), join(destination, below), { verbatimSymlinks: true });
    }
  }
}

/** What the tests themselves run in is not for what they run. */
const foreign = /^(npm_(?!config_)|npm_config_local_prefix$|INIT_CWD$|NODE_OPTIONS$|NODE_V8_COVERAGE$)/;

async function run({ root, workdir, env }: Image, command: string): Promise<void> {
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  await promisify(execFile)('sh', ['-c', command], {
    cwd: join(root, workdir),
    env: { ...Object.fromEntries(inherited), ...env },
  });
}
