// The models: versions with what was measured, who moved them, what shadows them, what trains.

import { useState } from "react";
import type { Schema } from "@/api/client";
import { useGet } from "@/api/views";
import { Badge, Card, Lead, Said, Shown } from "@/ui/kit";
import { bytes, when } from "@/words/format";
import { Catalogue } from "./Catalogue";
import { Drift } from "./Drift";
import { Jobs } from "./Jobs";
import { Measured } from "./Measured";
import { Moves } from "./Moves";
import "./models.css";

export default function ModelsPage() {
  const models = useGet("models", "/api/v1/models", {}, { refetchInterval: 10_000 });
  return (
    <div className="stack">
      <Lead title="Models">
        Who reads the posts, how well, and whether that still holds. A version goes into production when it
        passed the gate, or when a person says why; each move can be taken back.
      </Lead>
      <Shown of={models} what="models">
        {({ data }) => (
          <>
            {data
              .filter(({ versions }) => versions.length > 0)
              .map((model) => (
                <Model key={model.name} model={model} />
              ))}
            <Catalogue models={data} />
          </>
        )}
      </Shown>
      <Jobs />
    </div>
  );
}

function Model({ model }: { model: Schema["ModelAnswer"] }) {
  const [open, setOpen] = useState(model.loaded);
  const note = [model.loaded && "reads now", model.size && bytes(model.size)].filter(Boolean).join(" · ");
  return (
    <Card
      title={model.name}
      note={note}
      actions={
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Less" : "More"}
        </button>
      }
    >
      <div className="stack" data-testid="model" data-model={model.model_name}>
        <p>
          {model.description} It answers {model.labels.join(", ")}
          {model.emotions ? " and reads emotions." : "."}
        </p>
        <Versions model={model} />
        {open && <Opened model={model} />}
      </div>
    </Card>
  );
}

const STAGES = { production: "strong", shadow: "warn", candidate: "", archived: "" } as const;

function Versions({ model }: { model: Schema["ModelAnswer"] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="scroll" tabIndex={0} aria-label={`Versions of ${model.name}`}>
      <table className="cards">
        <thead>
          <tr>
            <th>Version</th>
            <th>Stage</th>
            <th>Kind</th>
            <th>Added</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {model.versions.map((version) => (
            <tr key={version.version}>
              <td>
                {model.name}@{version.version}
              </td>
              <td data-head="Stage">
                <Badge tone={STAGES[version.stage]}>{version.stage}</Badge>
              </td>
              <td data-head="Kind">{version.kind}</td>
              <td data-head="Added">
                {when(version.added_at)} by {version.added_by}
              </td>
              <td>
                <Moves model={model} version={version} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Opened({ model }: { model: Schema["ModelAnswer"] }) {
  const measured = useGet("models", `/api/v1/models/${model.name}/metrics` as "/api/v1/models/{key}/metrics");
  const detail = useGet("models", `/api/v1/models/${model.name}` as "/api/v1/models/{key}");
  return (
    <>
      <Shown of={measured} what="what was measured">
        {(data) => (
          <>
            <Measured metrics={data.metrics} />
            {data.shadow && <Shadow shadow={data.shadow} />}
          </>
        )}
      </Shown>
      <Drift model={model.name} />
      <Shown of={detail} what="its history">
        {({ history }) => <History history={history} />}
      </Shown>
    </>
  );
}

function Shadow({ shadow }: { shadow: Schema["ComparisonAnswer"] }) {
  return (
    <Said>
      {shadow.version} reads beside it
      {shadow.agreement === null
        ? "; nothing to compare yet."
        : ` and agrees on ${Math.round(100 * shadow.agreement)} % of ${shadow.posts} posts.`}
    </Said>
  );
}

function History({ history }: { history: Schema["HistoryAnswer"][] }) {
  if (!history.length) return null;
  return (
    <div>
      <h3>Who moved it, and why</h3>
      <ol className="history">
        {history.map((entry) => (
          <li key={`${entry.at} ${entry.version} ${entry.action}`}>
            <time dateTime={entry.at}>{when(entry.at)}</time> {entry.by}: {entry.action} {entry.version}
            {entry.previous && ` instead of ${entry.previous}`}. {entry.reason}
          </li>
        ))}
      </ol>
    </div>
  );
}
