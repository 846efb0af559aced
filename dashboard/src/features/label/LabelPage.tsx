// Labelling by keyboard: one post at a time, nothing said of what a model or anybody else thinks of it.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ask, withBody } from "@/api/client";
import { pathOf } from "@/api/path";
import { Card, Choice, Failed, Field, Lead, Said, Shown } from "@/ui/kit";
import { capital, plural } from "@/words/format";
import { EMOTIONS, type Emotion, SENTIMENTS, type Sentiment, SHAPES } from "@/words/labels";
import { Agreement } from "./Agreement";
import { actionOf, EMOTION_KEYS } from "./keys";
import "./label.css";

const QUEUES = [
  ["random", "Random"],
  ["uncertainty", "Uncertain"],
  ["disagreement", "Disputed by models"],
] as const;

const ABOUT: Record<Queue, string> = {
  random: "A uniform sample: the only labels that may be used to estimate shares.",
  uncertainty: "Posts at which the model hesitates: the ones it learns most from.",
  disagreement: "Posts that two versions of the model read differently.",
};

type Queue = (typeof QUEUES)[number][0];

interface Task {
  task: number;
  content: string;
  source: string;
  lang: string | null;
}

export default function LabelPage() {
  const [queue, setQueue] = useState<Queue>("random");
  const [annotator, setAnnotator] = useState(kept);
  const name = annotator.trim() || "anonymous";
  return (
    <div className="stack">
      <Lead title="Label">
        Say how posts feel. It is what the model learns from and is measured by, so you see neither what it
        read nor what others said.
      </Lead>
      <Card title="Which posts">
        <div className="row queues">
          <Choice label="Queue" options={QUEUES} value={queue} onChange={setQueue} />
          <Field label="Your name, for agreement">
            <input
              value={annotator}
              maxLength={200}
              placeholder="anonymous"
              onChange={(event) => {
                setAnnotator(event.target.value);
                keep(event.target.value);
              }}
            />
          </Field>
        </div>
        <p className="note">{ABOUT[queue]}</p>
      </Card>
      <Desk key={`${queue} ${name}`} queue={queue} annotator={name} />
      <Agreement />
    </div>
  );
}

function Desk({ queue, annotator }: { queue: Queue; annotator: string }) {
  const [done, setDone] = useState(0);
  const [emotion, setEmotion] = useState<Emotion | null>(null);
  const cache = useQueryClient();
  const path = pathOf("/api/v1/labels/next", { queue, annotator });
  const next = useQuery<Task | null>({
    queryKey: ["labels", "next", queue, annotator, done],
    queryFn: () => ask<Task | null>(path),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchInterval: (query) => (query.state.data ? false : 15_000),
  });
  const send = useMutation({
    mutationFn: (label: Sentiment | null) => {
      const said = label ? { user_label: label, ...(emotion ? { emotion } : {}) } : { skip: true };
      return ask("/api/v1/labels", withBody("post", { task: next.data?.task, annotator, ...said }));
    },
    onSuccess: () => {
      setEmotion(null);
      setDone((n) => n + 1);
      cache.invalidateQueries({ queryKey: ["labels", "/api/v1/labels/agreement"] });
    },
  });
  const ready = next.data && !send.isPending;

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const action = ready ? actionOf(event) : null;
      if (!action) return;
      event.preventDefault();
      if (action.kind === "emotion") setEmotion((now) => (now === action.emotion ? null : action.emotion));
      else send.mutate(action.kind === "label" ? action.label : null);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  return (
    <Card title="How does this feel?" note={done ? `${plural(done, "post")} done` : undefined}>
      <Shown of={next} what="label queues">
        {(task) =>
          task ? (
            <div className="stack">
              <blockquote
                className="task"
                dir="auto"
                lang={task.lang ?? undefined}
                data-testid="task"
                data-task={task.task}
              >
                {task.content}
              </blockquote>
              <fieldset className="row" aria-label="Emotion, if one stands out">
                <span className="soft">An emotion, if one stands out:</span>
                {EMOTIONS.map((name) => (
                  <button
                    key={name}
                    type="button"
                    aria-pressed={emotion === name}
                    onClick={() => setEmotion(emotion === name ? null : name)}
                  >
                    <kbd>{EMOTION_KEYS[name].toUpperCase()}</kbd> {name}
                  </button>
                ))}
              </fieldset>
              <fieldset className="row" aria-label="Mood">
                {SENTIMENTS.map((label, i) => (
                  <button
                    key={label}
                    type="button"
                    className={`big ${label}`}
                    disabled={!ready}
                    onClick={() => send.mutate(label)}
                  >
                    <kbd>{i + 1}</kbd> <span aria-hidden="true">{SHAPES[label]}</span> {capital(label)}
                  </button>
                ))}
                <button type="button" disabled={!ready} onClick={() => send.mutate(null)}>
                  <kbd>S</kbd> Skip
                </button>
              </fieldset>
              <p className="soft">
                The mood sends it and brings the next post. Each key does what its button does.
              </p>
            </div>
          ) : (
            <Said>Nothing waits in this queue. New posts appear here by themselves.</Said>
          )
        }
      </Shown>
      <Failed error={send.error} />
    </Card>
  );
}

function kept(): string {
  try {
    return localStorage.getItem("annotator") ?? "";
  } catch {
    return "";
  }
}

function keep(name: string) {
  try {
    localStorage.setItem("annotator", name);
  } catch {
    // it lasts as long as the page
  }
}
