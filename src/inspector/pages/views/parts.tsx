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
  return (
    <time dateTime={at} title={at}>
      {age ? formatAge(at, now) : formatTime(at, now)}
    </time>
  );
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
      {of.data === undefined && of.trouble === undefined && <p class="muted">Loading …</p>}
    </>
  );
}

/** A place in a file, as editors take it. */
export function Where({ place: { file, line, column } }: { place: Place }) {
  return <code class="where">{[file, line, column].filter((part) => part !== undefined).join(':')}</code>;
}

/** A table that scrolls by itself where the window is too narrow for it; it can then be reached by Tab. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1).
    <section class="wide" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

/** A fact with its name above it. */
export function Fact({ name, children, tone }: { name: string; children: ComponentChildren; tone?: string | undefined }) {
  return (
    <div class={`fact ${tone ?? ''}`}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
