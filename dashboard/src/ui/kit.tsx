// What every page is put together from: cards, figures, bars, choices, and the states data can be in.

import type { ComponentProps, ReactNode } from "react";
import { useId } from "react";
import { ApiError, isNotBuilt } from "@/api/client";
import { capital, percent } from "@/words/format";
import { type Sentiment, SHAPES } from "@/words/labels";

export function Card(props: {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  className?: string;
  /** Where focus may be moved to. */
  id?: string;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section
      className={`card ${props.className ?? ""}`}
      aria-labelledby={id}
      id={props.id}
      tabIndex={props.id ? -1 : undefined}
    >
      <div className="head">
        <h2 id={id}>
          {props.title} {props.note && <small>{props.note}</small>}
        </h2>
        {props.actions && <div className="row">{props.actions}</div>}
      </div>
      {props.children}
    </section>
  );
}

/** How a page begins: its name, and in a sentence what it is for. */
export const Lead = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="lead">
    <h1>{title}</h1>
    <div className="soft">{children}</div>
  </div>
);

/** A headline number; `query` is the API path it comes from, `field` where in its answer. */
export function Figure(props: {
  name: string;
  value: number | null | undefined;
  query: string;
  field: string;
  id?: string;
  show?: (value: number) => string;
  more?: ReactNode;
}) {
  const { value } = props;
  const known = value !== null && value !== undefined;
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>
        <span
          data-testid={props.id}
          data-value={known ? value : ""}
          data-query={props.query}
          data-field={props.field}
        >
          {known ? (props.show ?? String)(value) : "–"}
        </span>
        {props.more && <small>{props.more}</small>}
      </dd>
    </div>
  );
}

export const Mood = ({ sentiment }: { sentiment: Sentiment }) => (
  <span className={`mood ${sentiment}`}>
    <span aria-hidden="true">{SHAPES[sentiment]}</span> {capital(sentiment)}
  </span>
);

/** A bar for a share of 1, with its interval where it has one. */
export function Bar(props: { share: number; tone?: string; interval?: readonly number[] }) {
  const [low = 0, high = 1] = props.interval ?? [];
  return (
    <span className="track">
      <span className={`fill ${props.tone ?? ""}`} style={{ width: `${100 * props.share}%` }} />
      {props.interval && (
        <span className="whiskers" style={{ left: `${100 * low}%`, width: `${100 * (high - low)}%` }} />
      )}
    </span>
  );
}

export function Bars(props: {
  rows: readonly { name: string; share: number; tone?: string; title?: string }[];
  largest?: number;
}) {
  return (
    <ul className="bars">
      {props.rows.map(({ name, share, tone, title }) => (
        <li key={name} title={title}>
          <span>{capital(name)}</span>
          <Bar share={share / (props.largest || 1)} tone={tone} />
          <span className="value">{percent(share)}</span>
        </li>
      ))}
    </ul>
  );
}

/** A table that scrolls by itself where it is too wide. */
export function Table(props: {
  label: string;
  heads: readonly string[];
  rows: readonly (readonly ReactNode[])[];
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="scroll" tabIndex={0} aria-label={props.label}>
      <table>
        <thead>
          <tr>
            {props.heads.map((head) => (
              <th key={head}>{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name
            <tr key={i}>
              {row.map((cell, j) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: cells have no other name
                <td key={j}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** One of few: a row of radio buttons. */
export function Choice<T extends string>(props: {
  label: string;
  options: readonly (readonly [T, string])[];
  value: T;
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset className="choice">
      <legend className="hidden">{props.label}</legend>
      {props.options.map(([value, words]) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            value={value}
            checked={props.value === value}
            onChange={() => props.onChange(value)}
          />
          <span>{words}</span>
        </label>
      ))}
    </fieldset>
  );
}

export const Field = ({ label, children }: { label: string; children: ReactNode }) => (
  // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
  <label className="field">
    <span>{label}</span>
    {children}
  </label>
);

export function Select(props: {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}) {
  const options = props.options.some(([value]) => value === props.value)
    ? props.options
    : [...props.options, [props.value, props.value] as const]; // a permalink may name what is gone
  return (
    <Field label={props.label}>
      <select value={props.value} onChange={(event) => props.onChange(event.target.value)}>
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </Field>
  );
}

export const Said = ({ tone = "", ...rest }: { tone?: "" | "warn" | "good" } & ComponentProps<"p">) => (
  <p className={`said ${tone}`} {...rest} />
);

export const Badge = ({
  tone = "",
  children,
}: {
  tone?: "" | "warn" | "good" | "strong";
  children: ReactNode;
}) => <span className={`badge ${tone}`}>{children}</span>;

export const Loading = () => (
  <div className="loading" role="status" aria-label="Loading">
    <span />
    <span />
    <span />
  </div>
);

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
}

/**
 * Show what was asked for in the state it is in. Data that is there stays, whatever happens later;
 * what this server cannot do yet is said, and begins to work by itself once it can.
 */
export function Shown<T>(props: { of: Asked<T>; what: string; children: (data: T) => ReactNode }) {
  const { data, error, isPending } = props.of;
  if (data !== undefined) return props.children(data);
  if (isPending) return <Loading />;
  if (isNotBuilt(error)) {
    return (
      <Said data-testid="not-built">
        This server does not offer {props.what} yet. The page will show it by itself once it does.
      </Said>
    );
  }
  return <Failed error={error} />;
}

export const Failed = ({ error }: { error: unknown }) =>
  error ? (
    <Said tone="warn" role="alert">
      {error instanceof ApiError ? error.message : "This part of the page failed; load it again."}
    </Said>
  ) : null;
