// Type a text and see what is read in it: scores, emotions, the words that decide, other models beside.

import { useQueries } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ask, type Schema, withBody } from "@/api/client";
import { useGet } from "@/api/views";
import { Bars, Card, Failed, Field, Lead, Loading, Mood } from "@/ui/kit";
import { percent } from "@/words/format";
import { SENTIMENTS } from "@/words/labels";
import { pieces } from "./pieces";
import "./try.css";

const EXAMPLES = [
  "The new release is wonderful, thank you!",
  "Two hours on hold and nobody could help me.",
  "The shop opens at nine.",
];

export default function TryPage() {
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(text.trim());
  };
  const take = (example: string) => {
    setText(example);
    setAsked(example);
  };
  return (
    <div className="stack">
      <Lead title="Try">
        Type anything and see how each model here reads it, and by which words. Nothing you type is stored.
      </Lead>
      <Card title="A text of yours">
        <form className="stack" onSubmit={submit}>
          <Field label="Text to read">
            <textarea
              rows={3}
              maxLength={10_000}
              required
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </Field>
          <div className="row">
            <button type="submit" className="main">
              Read its mood
            </button>
            <span className="soft">or take one of these:</span>
            {EXAMPLES.map((example) => (
              <button key={example} type="button" onClick={() => take(example)}>
                {example}
              </button>
            ))}
          </div>
        </form>
      </Card>
      {asked && <Readings text={asked} />}
    </div>
  );
}

/** What the model in use reads, and then what each other one does. */
function Readings({ text }: { text: string }) {
  const models = useGet("models", "/api/v1/models").data?.data ?? [];
  const others = models
    .filter(({ loaded, here, labels }) => !loaded && here && labels.length > 0)
    .map(({ name }) => name);
  const readings = useQueries({
    queries: [undefined, ...others].map((model, i) => ({
      queryKey: ["try", text, model],
      queryFn: () =>
        ask<Schema["Prediction"]>("/api/v1/predict", withBody("post", { text, model, explain: i === 0 })),
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 60_000,
    })),
  });
  const [first, ...rest] = readings;
  return (
    <>
      <Card title="What is read in it" className="reading">
        {first?.data ? (
          <Reading reading={first.data} />
        ) : first?.error ? (
          <Failed error={first.error} />
        ) : (
          <Loading />
        )}
      </Card>
      {rest.length > 0 && (
        <div className="two">
          {rest.map((reading, i) => (
            <Card key={others[i]} title={others[i] ?? ""} note="beside it">
              {reading.data ? (
                <Scores reading={reading.data} />
              ) : reading.error ? (
                <Failed error={reading.error} />
              ) : (
                <Loading />
              )}
            </Card>
          ))}
        </div>
      )}
    </>
  );
}

function Reading({ reading }: { reading: Schema["Prediction"] }) {
  return (
    <div className="two">
      <div className="stack">
        <Scores reading={reading} />
        <Words reading={reading} />
      </div>
      {reading.emotions && (
        <div className="stack">
          <h3>
            Emotions <small>each by itself</small>
          </h3>
          <Bars
            rows={Object.entries(reading.emotions)
              .sort(([, a], [, b]) => b - a)
              .map(([name, share]) => ({ name, share }))}
          />
        </div>
      )}
    </div>
  );
}

function Scores({ reading }: { reading: Schema["Prediction"] }) {
  return (
    <div className="stack" data-testid="reading" data-model={reading.model_used}>
      <p>
        <Mood sentiment={reading.sentiment} />, {percent(reading.confidence)} sure
        {reading.emotion && ` · ${reading.emotion}`}
        <span className="soft">
          {" "}
          · read by {reading.model_used}
          {reading.fallback_used && ", a fallback"} in {reading.processing_time_ms.toFixed(1)} ms
        </span>
      </p>
      <Bars rows={SENTIMENTS.map((name) => ({ name, share: reading.scores[name] ?? 0, tone: name }))} />
    </div>
  );
}

/** The text with what speaks for the reading underlined, and what speaks against it struck with dots. */
function Words({ reading }: { reading: Schema["Prediction"] }) {
  const shown = pieces(reading.text, reading.attributions ?? []);
  if (shown.every(({ side }) => side === "none")) return null;
  return (
    <div className={reading.sentiment}>
      <h3>Words that decide</h3>
      <p className="words" data-testid="words">
        {shown.map(({ text, side, strength, start }) =>
          side === "none" ? (
            text
          ) : (
            <mark
              key={start}
              className={side}
              data-strength={strength}
              title={side === "for" ? "speaks for it" : "speaks against it"}
            >
              {text}
            </mark>
          ),
        )}
      </p>
      <p className="note">
        <mark className="for" data-strength={3}>
          Underlined
        </mark>{" "}
        speaks for {reading.sentiment},{" "}
        <mark className="against" data-strength={3}>
          dotted
        </mark>{" "}
        against it.
      </p>
    </div>
  );
}
