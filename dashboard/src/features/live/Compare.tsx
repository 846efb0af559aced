// Two windows and why they differ.

import { useGet } from "@/api/views";
import { type Place, spanOf, viewOf } from "@/place/place";
import { Reasons } from "@/posts/Reasons";
import { Card, Choice, Field, Shown } from "@/ui/kit";
import { capital } from "@/words/format";
import { SENTIMENTS, type Sentiment } from "@/words/labels";
import { local } from "./Filters";

interface Baseline {
  from: string;
  to: string;
}

export function Compare({ place, move }: { place: Place; move: (change: Partial<Place>) => void }) {
  const label = SENTIMENTS.find((name) => name === place.why) ?? "negative";
  const open = place.why !== "";
  const baseline = place.before_from ? { from: place.before_from, to: place.before_to } : null;
  const toggle = (
    <button
      type="button"
      aria-expanded={open}
      onClick={() => move({ why: open ? "" : "negative", before_from: "", before_to: "" })}
    >
      {open ? "Close" : "Why did it move?"}
    </button>
  );
  const title = `The ${spanOf(place).words} beside ${baseline ? "another window" : "the one before"}`;
  return (
    <Card title={title} className="compare-card" actions={toggle}>
      {open ? (
        <div className="stack">
          <div className="fields">
            <Choice
              label="Share of"
              options={SENTIMENTS.map((name) => [name, capital(name)] as const)}
              value={label}
              onChange={(why) => move({ why })}
            />
            <Other
              baseline={baseline}
              onChange={(other) => move({ before_from: other?.from ?? "", before_to: other?.to ?? "" })}
            />
          </div>
          <Why place={place} label={label} baseline={baseline} />
        </div>
      ) : (
        <p className="soft">Words that stand out, where the change comes from, and the posts that show it.</p>
      )}
    </Card>
  );
}

function Why({ place, label, baseline }: { place: Place; label: Sentiment; baseline: Baseline | null }) {
  const span = baseline ? { baseline_from: baseline.from, baseline_to: baseline.to } : {};
  const query = { ...viewOf(place), label, ...span };
  const why = useGet("views", "/api/v1/sentiment/movement", query, { staleTime: 20_000 });
  return (
    <Shown of={why} what="a comparison of windows">
      {(data) => <Reasons why={data} label={label} />}
    </Shown>
  );
}

/** The other window: the one just before, unless dates are given. */
function Other({
  baseline,
  onChange,
}: {
  baseline: Baseline | null;
  onChange: (baseline: Baseline | null) => void;
}) {
  if (!baseline) {
    return (
      <button type="button" onClick={() => onChange(yesterday())}>
        Compare with another window
      </button>
    );
  }
  const change = (name: keyof Baseline) => (text: string) => {
    const date = new Date(text);
    if (!Number.isNaN(date.getTime())) onChange({ ...baseline, [name]: date.toISOString() });
  };
  return (
    <>
      {(["from", "to"] as const).map((name) => (
        <Field key={name} label={name === "from" ? "Other window from" : "to"}>
          <input
            type="datetime-local"
            value={local(baseline[name])}
            onChange={(event) => change(name)(event.target.value)}
          />
        </Field>
      ))}
      <button type="button" onClick={() => onChange(null)}>
        Compare with the one before
      </button>
    </>
  );
}

function yesterday(): Baseline {
  const day = 86_400_000;
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  return { from: new Date(now - 2 * day).toISOString(), to: new Date(now - day).toISOString() };
}
