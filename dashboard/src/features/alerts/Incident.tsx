// One alert: what was measured, why, and what a person can do about it.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { change, type Schema } from "@/api/client";
import { Reasons } from "@/posts/Reasons";
import { Badge, Failed } from "@/ui/kit";
import { capital, clock, count, when } from "@/words/format";

type Alert = Schema["AlertAnswer"];

const SHARES = new Set(["negative_share", "emotion_share", "change"]);

export function Incident({ alert }: { alert: Alert }) {
  const { details } = alert;
  const label = String(details.rule.label ?? "negative").replace("emotion:", "");
  return (
    <article className="incident stack" data-testid="incident" data-id={alert.id}>
      <header className="row">
        <Badge tone={alert.status === "open" ? "warn" : ""}>{capital(alert.status)}</Badge>
        <Badge tone={alert.severity === "critical" ? "strong" : ""}>{alert.severity}</Badge>
        <h3>{alert.message}</h3>
      </header>
      <p className="soft">
        Rule “{String(details.rule.name ?? alert.alert_type)}”, called {when(alert.triggered_at)} about{" "}
        {clock(new Date(alert.window_start))} to {clock(new Date(alert.window_end))}.{" "}
        {!SHARES.has(alert.alert_type) && measured(alert)}
      </p>
      <Act alert={alert} />
      {SHARES.has(alert.alert_type) && <Reasons why={details} label={label} />}
      {(details.past_days ?? []).length > 0 && (
        <p className="soft">
          The same minutes of past days: {details.past_days?.map(count).join(", ")} posts.
        </p>
      )}
      <details>
        <summary>What happened to it</summary>
        <ol className="stack">
          {alert.history.map((change) => (
            <li key={`${change.at} ${change.status}`}>
              <time dateTime={change.at}>{when(change.at)}</time>: {change.status}, {change.reason}
            </li>
          ))}
        </ol>
      </details>
    </article>
  );
}

function measured({ actual_value: value, threshold_value: threshold }: Alert): string {
  return `Measured ${Number(value.toPrecision(3))}, and the rule calls at ${threshold}.`;
}

function Act({ alert }: { alert: Alert }) {
  const cache = useQueryClient();
  const act = useMutation({
    mutationFn: (what: "acknowledge" | "resolve") =>
      change("post", `/api/v1/alerts/{id}/${what}`, { id: alert.id }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["alerts"] }),
  });
  if (alert.status === "resolved") return null;
  return (
    <div className="row">
      {alert.status === "open" && (
        <button
          type="button"
          className="main"
          disabled={act.isPending}
          onClick={() => act.mutate("acknowledge")}
        >
          Acknowledge
        </button>
      )}
      <button type="button" disabled={act.isPending} onClick={() => act.mutate("resolve")}>
        Resolve
      </button>
      <Failed error={act.error} />
    </div>
  );
}
