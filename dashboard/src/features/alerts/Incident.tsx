// One alert: what was measured, why, and what a person can do about it.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { change, fill, type Schema } from "@/api/client";
import { useAsk } from "@/api/views";
import { Reasons } from "@/posts/Reasons";
import { Badge, Failed, Shown } from "@/ui/kit";
import { capital, clock, count, when } from "@/words/format";
import { addressOf, whyOf } from "./incident";

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
      {SHARES.has(alert.alert_type) && <Reasons why={whyOf(alert)} label={label} />}
      {(details.past_days ?? []).length > 0 && (
        <p className="soft">
          The same minutes of past days: {details.past_days?.map(count).join(", ")} posts.
        </p>
      )}
      <Past id={alert.id} />
    </article>
  );
}

/** Who did what with an alert; read when it is asked for. */
function Past({ id }: { id: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>What happened to it</summary>
      {open && <Changes id={id} />}
    </details>
  );
}

function Changes({ id }: { id: string }) {
  const alert = useAsk<Alert>("alerts", fill("/api/v1/alerts/{id}", { id }));
  return (
    <Shown of={alert} what="the history of an alert">
      {({ history }) => (
        <ol className="changes" data-testid="changes">
          {history.map(({ at, status, reason }) => (
            <li key={`${at} ${status}`}>
              <time dateTime={at}>{when(at)}</time> <Badge>{status}</Badge>{" "}
              <span className="soft">{reason}</span>
            </li>
          ))}
        </ol>
      )}
    </Shown>
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
      {alert.status !== "resolved" && (
        <button type="button" disabled={act.isPending} onClick={() => act.mutate("resolve")}>
          Resolve
        </button>
      )}
      <a className="button" href={addressOf(alert)}>
        See its time on the live page
      </a>
      <Failed error={act.error} />
    </div>
  );
}
