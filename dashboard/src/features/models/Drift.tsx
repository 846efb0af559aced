// Whether what the model reads, or what it says of it, is no longer as it was.

import { useAsk } from "@/api/views";
import { Badge, Shown } from "@/ui/kit";
import { count } from "@/words/format";

interface Signal {
  name: string;
  value: number;
  interval: [number, number];
  threshold: number;
  state: string;
}

interface DriftAnswer {
  window_minutes: number;
  drift: { posts: number; baseline_posts: number; signals: Signal[]; beyond: number };
}

/** What a signal is about, for people. */
const SIGNALS: Record<string, string> = {
  vectors: "what posts are about",
  unknown_words: "words the model does not know",
  length: "how long posts are",
  labels: "how moods are distributed",
  low_confidence: "posts at which it hesitates",
  confidence: "how sure it is",
  agreement: "how often people agree with it",
};

function Row({ signal }: { signal: Signal }) {
  const { name, value, interval, threshold, state } = signal;
  const unknown = state === "unknown";
  return (
    <tr>
      <td>{SIGNALS[name] ?? name.replaceAll("_", " ")}</td>
      <td className="number" title={unknown ? "" : interval.map((bound) => bound.toFixed(3)).join(" to ")}>
        {unknown ? "–" : value.toFixed(3)}
      </td>
      <td className="number">{Number(threshold.toPrecision(2))}</td>
      <td>
        <Badge tone={state === "beyond" ? "warn" : state === "unknown" ? "" : "good"}>
          {unknown ? "too little to tell" : state}
        </Badge>
      </td>
    </tr>
  );
}

export function Drift({ model }: { model: string }) {
  const drift = useAsk<DriftAnswer>("models", `/api/v1/models/${encodeURIComponent(model)}/drift`);
  return (
    <div className="stack">
      <h3>
        Drift <small>whether what it reads, or what it says, is no longer as it was</small>
      </h3>
      <Shown of={drift} what="a look at drift">
        {({ drift: found }) => (
          <>
            <p>
              {found.beyond
                ? `${found.beyond} signals are surely beyond what matters`
                : "Nothing has surely shifted"}
              , in {count(found.posts)} posts beside {count(found.baseline_posts)} before.
            </p>
            <table>
              <thead>
                <tr>
                  <th>What may have shifted</th>
                  <th className="number">Shift</th>
                  <th className="number">Matters over</th>
                  <th>State</th>
                </tr>
              </thead>
              <tbody>
                {found.signals.map((signal) => (
                  <Row key={signal.name} signal={signal} />
                ))}
              </tbody>
            </table>
          </>
        )}
      </Shown>
    </div>
  );
}
