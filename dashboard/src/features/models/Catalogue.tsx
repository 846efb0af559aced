// Models one could have: where they come from, and how their download stands.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { change, type Schema } from "@/api/client";
import { Badge, Bar, Card, Failed } from "@/ui/kit";

type Entry = Schema["ModelAnswer"];

export function Catalogue({ models }: { models: readonly Entry[] }) {
  const others = models.filter(({ versions }) => versions.length === 0);
  if (!others.length) return null;
  return (
    <Card title="Catalogue" note="other models this server knows">
      <ul>
        {others.map((model) => (
          <Row key={model.name} model={model} />
        ))}
      </ul>
    </Card>
  );
}

function Row({ model }: { model: Entry }) {
  const cache = useQueryClient();
  const fetched = useMutation({
    mutationFn: () => change("post", "/api/v1/models/download", {}, { model: model.name }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["models"] }),
  });
  const { here, download } = model;
  const coming = download?.status === "queued" || download?.status === "running";
  return (
    <li className="post stack">
      <div className="row">
        <strong className="grow">{model.name}</strong>
        <Badge tone={here ? "good" : ""}>
          {here ? "here: ask for it by name" : (download?.status ?? "not here")}
        </Badge>
        {model.licence && <span className="soft">{model.licence}</span>}
        {!here && !coming && (
          <button type="button" disabled={fetched.isPending} onClick={() => fetched.mutate()}>
            Download
          </button>
        )}
      </div>
      <p className="soft">
        {model.description} {model.note}
      </p>
      {coming && download && (
        <div className="row">
          <span className="progress">
            <Bar share={download.progress} />
          </span>
          {download.message}
        </div>
      )}
      <Failed error={fetched.error} />
    </li>
  );
}
