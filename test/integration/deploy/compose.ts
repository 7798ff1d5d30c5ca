import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment: { readonly [name: string]: string };
  readonly command?: readonly string[];
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: { readonly [service: string]: { readonly condition: string } } | readonly string[];
  readonly network_mode?: string;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly stop_grace_period?: string;
}

export interface Compose {
  /** The file as it stands. */
  readonly text: string;
  readonly services: {
    readonly [name in 'kafka-broker' | 'gateway' | 'simulator' | 'prometheus' | 'grafana']: Service;
  };
  readonly volumes: { readonly [name: string]: unknown };
}

/** Reads a compose file and fills in its variables. Throws where one that it requires is missing. */
export function readCompose(file: string, variables: { readonly [name: string]: string }): Compose {
  const text = readFileSync(file, 'utf8');
  const filled = text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string, rest: string) => {
    const value = variables[name];
    if (value) return value;
    if (kind === '-') return rest;
    throw new Error(`${name}: ${rest}`);
  });
  return { ...parse(filled), text };
}
