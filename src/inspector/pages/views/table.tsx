import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { focusOpened } from '../browser/navigation.js';

export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly number?: true;
  /** 2: not in narrow windows; 3: in wide windows only. Stacked tables show all. */
  readonly level?: 2 | 3;
  /** The title is only for those who do not see the column. */
  readonly untitled?: true;
}

export interface Line {
  readonly key: string;
  readonly class?: string;
  readonly cells: readonly ComponentChildren[];
}

interface Props {
  /** What the table is of. */
  readonly label: string;
  readonly columns: readonly Column[];
  readonly lines: readonly Line[];
  /** In narrow windows, the cells of a row stand below one another, each with its title. */
  readonly stacked?: true;
  /** Which column names the row. */
  readonly head?: number;
}

/** A table that scrolls by itself where the window is too narrow for it; it can then be reached by Tab. */
export function Table({ label, columns, lines, stacked, head = 0 }: Props) {
  useEffect(focusOpened, []);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1).
    <section class="wide" aria-label={label} tabIndex={0}>
      <table class={stacked ? 'stacked' : ''}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.untitled ? <span class="unseen">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(({ key, class: name, cells }) => (
            <tr key={key} class={name}>
              {columns.map((column, index) => (
                <Cell key={column.title} column={column} head={index === head}>
                  {cells[index]}
                </Cell>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell({ column, head, children }: { column: Column; head: boolean; children: ComponentChildren }) {
  if (head) {
    return (
      <th scope="row" class={classOf(column)}>
        {children}
      </th>
    );
  }
  return (
    <td class={classOf(column)} data-label={column.untitled ? undefined : column.title}>
      {children}
    </td>
  );
}

function classOf({ number, level }: Column): string {
  return [number ? 'number' : '', level === undefined ? '' : `level-${level}`].filter((name) => name !== '').join(' ');
}
