import type { ComponentChildren } from 'preact';
import type { Place } from '../../contract.js';
import type { Loaded } from '../browser/hooks.js';
import { formatAge, formatTime, inWords } from '../state/format.js';
import { toneOf } from '../state/outcomes.js';

/** The word of an outcome, in its colour. */
export function Outcome({ of, reason }: { of: string; reason?: string | undefined }) {
  return (
    <span class={`outcome ${toneOf(of)}`}>
      {inWords(of)}
      {reason !== undefined && <span class="reason">: {inWords(reason)}</span>}
    </span>
  );
}

export function Time({ at, now, age = false }: { at: string; now: number; age?: boolean }) {
  const [seconds, milliseconds] = age ? [formatAge(at, now)] : formatTime(at, now).split('.');
  return (
    <time dateTime={at} title={at}>
      {seconds}
      {milliseconds !== undefined && <span class="fraction">.{milliseconds}</span>}
    </time>
  );
}

/** A name that may be broken after its dots, lines and slashes. */
export function Name({ children }: { children: string }) {
  const parts = children.split(/(?<=[._/])/);
  return <>{parts.flatMap((part, index) => (index === 0 ? [part] : [<wbr key={index} />, part]))}</>;
}

/** A command for the terminal. */
export function Command({ children }: { children: string }) {
  return <code class="command">{children}</code>;
}

/** What to do where there is nothing to see. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Trouble({ of }: { of: Error | undefined }) {
  if (of === undefined) return null;
  return (
    <p class="trouble" role="alert">
      {of.message}
    </p>
  );
}

/** What was loaded, the trouble with it, or that it is being loaded. */
export function Shown<T>({ of, children }: { of: Loaded<T>; children: (data: T) => ComponentChildren }) {
  return (
    <>
      <Trouble of={of.trouble} />
      {of.data !== undefined && children(of.data)}
      {of.data === undefined && of.trouble === undefined && <p class="muted loading">Loading …</p>}
    </>
  );
}

/** A place in a file, as editors take it. */
export function Where({ place: { file, line, column } }: { place: Place }) {
  return <code class="where">{[file, line, column].filter((part) => part !== undefined).join(':')}</code>;
}

/** A fact with its name above it. */
export function Fact({
  name,
  children,
  tone,
}: {
  name: string;
  children: ComponentChildren;
  tone?: string | undefined;
}) {
  return (
    <div class={`fact ${tone ?? ''}`}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
