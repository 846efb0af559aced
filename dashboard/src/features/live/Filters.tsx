// What every view on the page is about: a window, a topic, a source, a language.

import { useId } from "react";
import { useGet } from "@/api/views";
import { useLive } from "@/live/store";
import type { Place, WindowName } from "@/place/place";
import { Choice, Field, Select } from "@/ui/kit";
import { Saved } from "./Saved";

const WINDOWS: readonly (readonly [WindowName, string])[] = [
  ["hour", "Hour"],
  ["day", "Day"],
  ["week", "Week"],
  ["own", "Dates"],
];

type Move = (change: Partial<Place>) => void;

export function Filters({ place, move }: { place: Place; move: Move }) {
  const topics = useGet("topics", "/api/v1/topics", { limit: 500 }).data?.data ?? [];
  const seen = useLive().posts.map((post) => post.source);
  const narrowed = place.topic || place.source || place.lang;
  const onWindow = (window: WindowName) =>
    move(window === "own" ? { window, ...lastDay() } : { window, from: "", to: "" });
  return (
    <form className="filters" aria-label="What is shown" onSubmit={(event) => event.preventDefault()}>
      <Choice label="Window" options={WINDOWS} value={place.window} onChange={onWindow} />
      {place.window === "own" && <Dates place={place} move={move} />}
      <Select
        label="Topic"
        value={place.topic}
        options={[["", "Everything"], ...topics.map(({ id, name }) => [String(id), name] as const)]}
        onChange={(topic) => move({ topic })}
      />
      <Typed
        label="Source"
        placeholder="all"
        value={place.source}
        known={[...new Set(seen)].sort()}
        onChange={(source) => move({ source })}
      />
      <Typed
        label="Language"
        placeholder="any, e.g. en"
        value={place.lang}
        onChange={(lang) => move({ lang })}
      />
      {narrowed && (
        <button type="button" className="plain" onClick={() => move({ topic: "", source: "", lang: "" })}>
          Show everything
        </button>
      )}
      <Saved place={place} move={move} />
    </form>
  );
}

/** A text that counts when Enter is pressed or the field is left. */
export function Typed(props: {
  label: string;
  placeholder: string;
  value: string;
  known?: readonly string[];
  onChange: (value: string) => void;
}) {
  const list = useId();
  const take = (text: string) => text.trim() !== props.value && props.onChange(text.trim());
  return (
    <Field label={props.label}>
      <input
        key={props.value}
        type="text"
        defaultValue={props.value}
        placeholder={props.placeholder}
        list={props.known && list}
        onBlur={(event) => take(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && take(event.currentTarget.value)}
      />
      {props.known && (
        <datalist id={list}>
          {props.known.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
    </Field>
  );
}

function Dates({ place, move }: { place: Place; move: Move }) {
  const change = (name: "from" | "to") => (text: string) => {
    const date = new Date(text);
    if (!Number.isNaN(date.getTime())) move({ [name]: date.toISOString() });
  };
  return (
    <>
      {(["from", "to"] as const).map((name) => (
        <Field key={name} label={name === "from" ? "From" : "To"}>
          <input
            type="datetime-local"
            value={local(place[name])}
            onChange={(event) => change(name)(event.target.value)}
          />
        </Field>
      ))}
    </>
  );
}

/** ISO 8601 as a field for local times wants it. */
export function local(iso: string): string {
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function lastDay(): { from: string; to: string } {
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  return { from: new Date(now - 86_400_000).toISOString(), to: new Date(now).toISOString() };
}
