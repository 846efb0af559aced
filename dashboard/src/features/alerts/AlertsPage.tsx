// What called, why, and what was done about it; and the rules that call.

import { useState } from "react";
import { fill, type Schema } from "@/api/client";
import { useAsk, useGet } from "@/api/views";
import { useSearchText } from "@/place/usePlace";
import { Badge, Card, Figure, Lead, Select, Shown } from "@/ui/kit";
import { count, plural, when } from "@/words/format";
import { Incident } from "./Incident";
import { alertOf } from "./incident";
import { Rules } from "./Rules";
import "./alerts.css";

const LIMIT = 50;

export default function AlertsPage() {
  return (
    <div className="stack">
      <Lead title="Alerts">
        A rule calls when the mood has surely turned, not when chance could explain it. Each alert says why:
        which words stand out, where the change comes from, and which posts show it.
      </Lead>
      <Told />
      <Open />
      <Past />
      <Rules />
    </div>
  );
}

/** The alert that a message linked to, whatever has become of it. */
function Told() {
  const id = alertOf(useSearchText());
  return id ? <Linked id={id} /> : null;
}

function Linked({ id }: { id: string }) {
  const alert = useAsk<Schema["AlertAnswer"]>("alerts", fill("/api/v1/alerts/{id}", { id }), {
    retry: false,
  });
  return (
    <Card title="The alert you were told of" id="linked-alert">
      <Shown of={alert} what="this alert">
        {(told) => <Incident alert={told} />}
      </Shown>
    </Card>
  );
}

const openQuery = "/api/v1/alerts?status=open&limit=50";

function Open() {
  const open = useGet("alerts", "/api/v1/alerts", { status: "open", limit: LIMIT });
  const known = useGet("alerts", "/api/v1/alerts", { status: "acknowledged", limit: LIMIT });
  return (
    <Card title="Open now" note="called, and not over yet">
      <Shown of={open} what="alerts">
        {({ data, metadata }) => (
          <div className="stack">
            <dl className="figures">
              <Figure
                id="open-alerts"
                name="Open"
                value={metadata.total}
                query={openQuery}
                field="metadata.total"
                show={count}
              />
              <Figure
                id="acknowledged-alerts"
                name="Acknowledged"
                value={known.data?.metadata.total}
                query="/api/v1/alerts?status=acknowledged&limit=50"
                field="metadata.total"
                show={count}
              />
            </dl>
            {data.length + (known.data?.data.length ?? 0) === 0 && (
              <p className="soft">
                All is calm: no rule calls at the moment. Alerts appear here by themselves.
              </p>
            )}
            {[...data, ...(known.data?.data ?? [])].map((alert) => (
              <Incident key={alert.id} alert={alert} />
            ))}
          </div>
        )}
      </Shown>
    </Card>
  );
}

const TYPES = [
  ["", "All"],
  ["negative_share", "Share of negative posts"],
  ["emotion_share", "Share of a mood or emotion"],
  ["change", "Change of a share"],
  ["volume", "Many more posts"],
  ["silence", "Silence"],
  ["drift", "Drift of the model"],
  ["system", "Posts that wait"],
] as const;

function Past() {
  const [type, setType] = useState("");
  const query = { status: "resolved", limit: LIMIT, type };
  const past = useGet("alerts", "/api/v1/alerts", query);
  return (
    <Card
      title="History"
      note="alerts that are over"
      actions={<Select label="Kind" options={TYPES} value={type} onChange={setType} />}
    >
      <Shown of={past} what="alerts">
        {({ data, metadata }) =>
          data.length ? (
            <ul className="past">
              {data.map((alert) => (
                <li key={alert.id}>
                  <Folded alert={alert} />
                </li>
              ))}
              {metadata.total > data.length && (
                <li className="soft">
                  The latest {data.length} of {plural(metadata.total, "alert")}.
                </li>
              )}
            </ul>
          ) : (
            <p className="soft">{type ? "No alert of this kind is over." : "No alert is over yet."}</p>
          )
        }
      </Shown>
    </Card>
  );
}

/** An alert in one line; its why is read when it is opened. */
function Folded({ alert }: { alert: Schema["AlertAnswer"] }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {when(alert.triggered_at)} <Badge>{alert.alert_type.replaceAll("_", " ")}</Badge> {alert.message}
      </summary>
      {open && <Incident alert={alert} />}
    </details>
  );
}
