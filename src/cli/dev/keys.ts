import { spawn } from 'node:child_process';

/** What a key does while the development gateway runs. */
export interface KeyAction {
  readonly key: string;
  readonly about: string;
  act(): void;
}

const controlC = '\u0003';

/**
 * Listens for single keys on the terminal; where stdin is none, for nothing. Ctrl-C stays what it is. Gives what ends it and
 * brings the terminal back.
 */
export function listenForKeys(actions: readonly KeyAction[], stdin: NodeJS.ReadStream = process.stdin): () => void {
  if (!stdin.isTTY) return () => undefined;
  const press = (text: string) => {
    for (const key of text) {
      if (key === controlC) process.kill(process.pid, 'SIGINT');
      actions.find((each) => each.key === key.toLowerCase())?.act();
    }
  };
  stdin.setRawMode(true).setEncoding('utf8').on('data', press).resume();
  return () => {
    stdin.off('data', press);
    stdin.setRawMode(false).pause();
  };
}

/** Opens an address in the browser of whoever sits at the terminal; `failed` is called where there is none. */
export function openInBrowser(url: string, failed: () => void): void {
  const [command, ...args] = opener(process.platform);
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', failed);
  child.on('exit', (code) => {
    if (code !== 0) failed();
  });
  child.unref();
}

function opener(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open'];
  // Its first argument would be the title of a window.
  return platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
}
