import { useEffect, useState } from 'preact/hooks';
import { isActivity, routes } from '../browser/api.js';
import { useData } from '../browser/hooks.js';
import { goTo } from '../browser/navigation.js';
import { type Filters, fromLocal, readFilters, toLocal } from '../state/filters.js';
import { inWords } from '../state/format.js';
import { outcomes } from '../state/outcomes.js';
import { type Query, writePlace } from '../state/place.js';

/** Every change is at once in the address. */
export function FilterForm({ query }: { query: Query }) {
  const filters = readFilters(query);
  const activity = useData(routes.activity, isActivity);
  const endpoints = activity.data?.endpoints.map(({ endpoint }) => endpoint) ?? [];
  function change(name: keyof Filters, value: string): void {
    goTo({ page: 'deliveries', query: { ...filters, [name]: value.trim() } }, true);
  }
  const given = Object.keys(filters).length > 0;
  return (
    <search>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Text name="q" label="Id, key, topic or address" value={filters.q} change={change} main />
        <Choice name="endpoint" label="Endpoint" value={filters.endpoint} options={endpoints} change={change} />
        <Choice name="outcome" label="Outcome" value={filters.outcome} options={outcomes} change={change} />
        <Text name="type" label="Event type" value={filters.type} placeholder="charge.*" change={change} />
        <Text name="reason" label="Reason" value={filters.reason} placeholder="signature_mismatch" change={change} />
        <Moment name="from" label="From" value={filters.from} change={change} />
        <Moment name="to" label="Before" value={filters.to} change={change} />
        {given && <a href={writePlace({ page: 'deliveries', query: {} })}>All deliveries</a>}
      </form>
    </search>
  );
}

interface FieldProps {
  readonly name: keyof Filters;
  readonly label: string;
  readonly value: string | undefined;
  readonly change: (name: keyof Filters, value: string) => void;
}

function Text({
  name,
  label,
  value = '',
  change,
  placeholder,
  main,
}: FieldProps & { placeholder?: string; main?: true }) {
  // What is being typed is not in the address yet.
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <label class={main ? 'main' : ''}>
      <span>
        {label} {main && <kbd>/</kbd>}
      </span>
      <input
        type="search"
        name={name}
        value={text}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        data-key={main ? 'filter' : undefined}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onChange={() => change(name, text)}
      />
    </label>
  );
}

function Choice({ name, label, value = '', options, change }: FieldProps & { options: readonly string[] }) {
  const all = value === '' || options.includes(value) ? options : [...options, value];
  return (
    <label>
      <span>{label}</span>
      <select name={name} value={value} onChange={({ currentTarget }) => change(name, currentTarget.value)}>
        <option value="">any</option>
        {all.map((option) => (
          <option key={option} value={option}>
            {name === 'outcome' ? inWords(option) : option}
          </option>
        ))}
      </select>
    </label>
  );
}

function Moment({ name, label, value, change }: FieldProps) {
  return (
    <label>
      <span>{label}</span>
      <input
        type="datetime-local"
        name={name}
        value={toLocal(value)}
        onChange={({ currentTarget }) => change(name, fromLocal(currentTarget.value))}
      />
    </label>
  );
}
