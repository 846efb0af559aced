// Promote, shadow, roll back: each with who and why, which the registry keeps.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { change, type Schema } from "@/api/client";
import { Failed, Field } from "@/ui/kit";
import { Dialog } from "@/ui/over";

type Move = "promote" | "shadow" | "unshadow" | "rollback";

const WORDS: Record<Move, string> = {
  promote: "Promote",
  shadow: "Shadow",
  unshadow: "End the shadow",
  rollback: "Roll back",
};

export function Moves({
  model,
  version,
}: {
  model: Schema["ModelAnswer"];
  version: Schema["VersionAnswer"];
}) {
  const [move, setMove] = useState<Move | null>(null);
  const name = `${model.name}@${version.version}`;
  const moves: Move[] =
    version.stage === "production"
      ? model.versions.length > 1
        ? ["rollback"]
        : []
      : version.stage === "shadow"
        ? ["promote", "unshadow"]
        : ["promote", "shadow"];
  return (
    <div className="row acts">
      {moves.map((one) => (
        <button key={one} type="button" onClick={() => setMove(one)} aria-label={`${WORDS[one]} ${name}`}>
          {WORDS[one]}
        </button>
      ))}
      <Dialog title={move ? `${WORDS[move]} ${name}` : ""} open={move !== null} onClose={() => setMove(null)}>
        {move && (
          <Ask model={model.name} version={version.version} move={move} onDone={() => setMove(null)} />
        )}
      </Dialog>
    </div>
  );
}

function Ask(props: { model: string; version: string; move: Move; onDone: () => void }) {
  const { model: key, version, move } = props;
  const [by, setBy] = useState("");
  const [reason, setReason] = useState("");
  const cache = useQueryClient();
  const done = useMutation({
    mutationFn: async () => {
      const names = { key };
      if (move === "promote")
        await change("post", "/api/v1/models/{key}/promote", names, { version, by, reason });
      if (move === "rollback") await change("post", "/api/v1/models/{key}/rollback", names, { by, reason });
      if (move === "shadow") await change("post", "/api/v1/models/{key}/shadow", names, { version, by });
      if (move === "unshadow")
        await change("post", "/api/v1/models/{key}/shadow", names, { version: null, by });
    },
    onSuccess: () => {
      cache.invalidateQueries({ queryKey: ["models"] });
      props.onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    done.mutate();
  };
  const why = move === "promote" || move === "rollback";
  return (
    <form className="stack" onSubmit={submit}>
      <p className="soft">
        Every process follows within two seconds, and no request fails. The registry keeps who and why.
      </p>
      <Field label="Your name">
        <input required maxLength={200} value={by} onChange={(event) => setBy(event.target.value)} />
      </Field>
      {why && (
        <Field label="Why">
          <input
            required
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </Field>
      )}
      <Failed error={done.error} />
      <div className="row">
        <button type="submit" className="main" disabled={done.isPending}>
          {WORDS[move]}
        </button>
        <button type="button" onClick={props.onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}
