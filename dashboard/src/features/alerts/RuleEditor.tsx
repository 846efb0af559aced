// Make or change a rule, and see what it would have done before it is saved.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Answer, ask, change, type Schema, withBody } from "@/api/client";
import { pathOf } from "@/api/path";
import { useGet } from "@/api/views";
import { Failed, Field, Said, Select } from "@/ui/kit";
import { useSettled } from "@/ui/useSettled";
import { capital, when } from "@/words/format";
import { EMOTIONS, SENTIMENTS } from "@/words/labels";
import { changed, type Draft, draftOf, FRESH, preview, TYPES } from "./rule";

const DAYS = 7;
const LABELS = [
  ...SENTIMENTS.map((name) => [name, capital(name)] as const),
  ...EMOTIONS.map((name) => [`emotion:${name}`, `Emotion: ${name}`] as const),
];

export function RuleEditor({ rule, onDone }: { rule: Schema["RuleAnswer"] | null; onDone: () => void }) {
  const [draft, setDraft] = useState<Draft>(rule ? draftOf(rule) : FRESH);
  const set = (one: Partial<Draft>) => setDraft(changed(draft, one));
  const cache = useQueryClient();
  const save = useMutation({
    mutationFn: async () => {
      if (rule) await change("patch", "/api/v1/alert-rules/{id}", { id: rule.id }, draft);
      else await change("post", "/api/v1/alert-rules", {}, draft);
    },
    onSuccess: () => {
      cache.invalidateQueries({ queryKey: ["alerts"] });
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Field label="Name">
        <input
          required
          maxLength={100}
          value={draft.name}
          onChange={(event) => set({ name: event.target.value })}
        />
      </Field>
      <Select
        label="Call when"
        value={draft.type}
        options={Object.entries(TYPES).map(([type, { words }]) => [type, words] as const)}
        onChange={(type) => set({ type: type as Draft["type"] })}
      />
      <div className="fields">
        <Amount
          label={`Threshold (${TYPES[draft.type].unit})`}
          step="any"
          value={draft.threshold ?? 0}
          onChange={(threshold) => set({ threshold })}
        />
        {(draft.type === "emotion_share" || draft.type === "change") && (
          <Select
            label="Whose share"
            value={draft.label ?? ""}
            options={LABELS}
            onChange={(label) => set({ label: label as Draft["label"] })}
          />
        )}
        <Amount
          label="Window, minutes"
          value={draft.window_minutes}
          onChange={(n) => set({ window_minutes: n })}
        />
        <Amount label="Fewest posts" value={draft.min_posts} onChange={(n) => set({ min_posts: n })} />
        <Amount
          label="Pause after an alert, minutes"
          value={draft.cooldown_minutes}
          onChange={(n) => set({ cooldown_minutes: n })}
        />
        <Select
          label="Severity"
          value={draft.severity}
          options={["info", "warning", "critical"].map((name) => [name, capital(name)] as const)}
          onChange={(severity) => set({ severity: severity as Draft["severity"] })}
        />
        <Which draft={draft} set={set} />
      </div>
      <Preview draft={draft} />
      <Failed error={save.error} />
      <div className="row">
        <button type="submit" className="main" disabled={save.isPending}>
          Save
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}

/** Which posts the rule is about. */
function Which({ draft, set }: { draft: Draft; set: (one: Partial<Draft>) => void }) {
  const topics = useGet("topics", "/api/v1/topics", { limit: 500 }).data?.data ?? [];
  return (
    <>
      <Select
        label="Topic"
        value={String(draft.topic ?? "")}
        options={[["", "Everything"], ...topics.map(({ id, name }) => [String(id), name] as const)]}
        onChange={(topic) => set({ topic: topic ? Number(topic) : null })}
      />
      <Field label="Source">
        <input
          placeholder="all"
          value={draft.source ?? ""}
          onChange={(event) => set({ source: event.target.value || null })}
        />
      </Field>
    </>
  );
}

function Amount(props: { label: string; value: number; step?: string; onChange: (value: number) => void }) {
  return (
    <Field label={props.label}>
      <input
        type="number"
        required
        min="0"
        step={props.step ?? "1"}
        defaultValue={props.value}
        key={props.label}
        onChange={(event) =>
          Number.isFinite(event.target.valueAsNumber) && props.onChange(event.target.valueAsNumber)
        }
      />
    </Field>
  );
}

/** What the rule, as it is typed, would have done with the posts of the last days. */
function Preview({ draft }: { draft: Draft }) {
  const typed = JSON.stringify({ ...draft, name: "a draft" }); // its name changes nothing
  const named = useSettled(typed);
  const past = useQuery({
    queryKey: ["alerts", "preview", named],
    queryFn: ({ signal }) => {
      const now = Math.floor(Date.now() / 60_000) * 60_000;
      const span = { from: new Date(now - DAYS * 86_400_000).toISOString(), to: new Date(now).toISOString() };
      const path = pathOf("/api/v1/alert-rules/backtest", span);
      return ask<Answer<"/api/v1/alert-rules/{id}/backtest">>(path, {
        ...withBody("post", JSON.parse(named)),
        signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
      });
    },
    staleTime: 60_000,
    refetchInterval: (query) => (query.state.error ? 5_000 : false), // a busy server may be too slow once
  });
  if (past.isPending) return <Said>Looking at the last {DAYS} days…</Said>;
  if (past.error) return <Failed error={past.error} />;
  const last = past.data.data.slice(-3).map(({ opened_at: at }) => when(at));
  return (
    <Said tone="good" data-testid="preview">
      {preview(past.data.data, DAYS)} {last.length > 0 && `Latest: ${last.join("; ")}.`}
    </Said>
  );
}
