// Where posts come from, and what happened to each source: the collection log.

import { useState } from "react";
import type { Schema } from "@/api/client";
import { useGet } from "@/api/views";
import { Badge, Card, Select, Shown, Table } from "@/ui/kit";
import { useNow } from "@/ui/useNow";
import { ago, duration, plural, when } from "@/words/format";

type Source = Schema["SourceStatus"];

const SHOWN = 50;
const BAD = new Set(["gap", "error"]);

const Event = ({ kind }: { kind: string }) => <Badge tone={BAD.has(kind) ? "warn" : ""}>{kind}</Badge>;

export function Sources({ sources }: { sources: Source[] | null }) {
  const now = useNow();
  const [logged, setLogged] = useState(false);
  if (!sources?.length) {
    return (
      <Card title="Sources" note="where posts come from">
        <p className="soft">
          {sources ? "No source was ever read; posts come over HTTP only." : "The database does not answer."}
        </p>
      </Card>
    );
  }
  return (
    <Card title="Sources" note="where posts come from, and the last thing that happened to each">
      <div className="stack">
        <Table
          label="Sources"
          heads={["Source", "Last event", "When", "Read until", "More"]}
          rows={sources.map((source) => [
            source.source,
            <Event key="event" kind={source.last_event ?? "none"} />,
            source.last_event_at ? when(source.last_event_at) : "–",
            source.read_until ? ago(Date.parse(source.read_until), now) : "–",
            source.detail || "–",
          ])}
        />
        <details onToggle={(event) => setLogged(event.currentTarget.open)}>
          <summary>Collection log: when each was listened to, and when not</summary>
          {logged && <Log names={sources.map(({ source }) => source)} />}
        </details>
      </div>
    </Card>
  );
}

function Log({ names }: { names: readonly string[] }) {
  const [source, setSource] = useState("");
  const log = useGet("status", "/api/v1/collection-log", { limit: SHOWN, source });
  return (
    <div className="stack" data-testid="collection-log">
      <div className="fields">
        <Select
          label="Source"
          value={source}
          options={[["", "All"], ...names.map((name) => [name, name] as const)]}
          onChange={setSource}
        />
      </div>
      <Shown of={log} what="its collection log">
        {({ data, metadata }) =>
          data.length ? (
            <>
              <Table
                label="Collection log"
                heads={["When", "Source", "What", "For", "More"]}
                rows={data.map((entry) => [
                  when(entry.starts_at),
                  entry.source,
                  <Event key="event" kind={entry.kind} />,
                  lasted(entry),
                  entry.detail || "–",
                ])}
              />
              {metadata.total > data.length && (
                <p className="soft">
                  The latest {data.length} of {plural(metadata.total, "entry", "entries")}.
                </p>
              )}
            </>
          ) : (
            <p className="soft">Nothing is logged.</p>
          )
        }
      </Shown>
    </div>
  );
}

function lasted({ kind, starts_at: start, ends_at: end }: Schema["LogAnswer"]): string {
  if (end) return duration((Date.parse(end) - Date.parse(start)) / 1000);
  return kind === "gap" ? "goes on" : "–";
}
