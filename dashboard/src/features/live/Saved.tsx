// Saved views: names for what is chosen here, shared by all who use this server.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { change, type Schema } from "@/api/client";
import { useGet } from "@/api/views";
import { type Place, read, write } from "@/place/place";
import { Failed, Field, Said, Shown } from "@/ui/kit";
import { Dialog } from "@/ui/over";

type View = Schema["SavedViewAnswer"];

export function Saved({ place, move }: { place: Place; move: (change: Partial<Place>) => void }) {
  const [open, setOpen] = useState(false);
  const show = (view: View) => {
    move(read(view.query));
    setOpen(false);
  };
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Saved views
      </button>
      <Dialog title="Saved views" open={open} onClose={() => setOpen(false)}>
        <div className="stack">
          <Save query={write(place)} />
          <List now={write(place)} onShow={show} />
          <div className="row">
            <button type="button" onClick={() => setOpen(false)}>
              Close
            </button>
          </div>
        </div>
      </Dialog>
    </>
  );
}

function Save({ query }: { query: string }) {
  const [name, setName] = useState("");
  const cache = useQueryClient();
  const save = useMutation({
    mutationFn: () => change("post", "/api/v1/saved-views", {}, { name: name.trim(), query }),
    onSuccess: () => {
      setName("");
      cache.invalidateQueries({ queryKey: ["saved"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Field label="Save what is chosen now as">
        <input
          required
          maxLength={100}
          placeholder="Refunds this week"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <div className="row">
        <button type="submit" className="main" disabled={save.isPending}>
          Save
        </button>
        <span className="soft grow">
          Everybody here sees it. The address of the page is a link to it, too.
        </span>
      </div>
      <Failed error={save.error} />
    </form>
  );
}

function List({ now, onShow }: { now: string; onShow: (view: View) => void }) {
  const views = useGet("saved", "/api/v1/saved-views", { limit: 500 });
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: (id: number) => change("delete", "/api/v1/saved-views/{id}", { id }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["saved"] }),
  });
  return (
    <Shown of={views} what="saved views">
      {({ data }) =>
        data.length ? (
          <ul data-testid="saved-views">
            {data.map((view) => (
              <li key={view.id} className="post row">
                <strong className="grow">{view.name}</strong>
                <button
                  type="button"
                  aria-label={`Show ${view.name}`}
                  aria-pressed={view.query === now}
                  onClick={() => onShow(view)}
                >
                  {view.query === now ? "Shown" : "Show"}
                </button>
                <button
                  type="button"
                  aria-label={`Remove ${view.name}`}
                  disabled={remove.isPending}
                  onClick={() => remove.mutate(view.id)}
                >
                  Remove
                </button>
              </li>
            ))}
            <Failed error={remove.error} />
          </ul>
        ) : (
          <Said>Nothing is saved yet.</Said>
        )
      }
    </Shown>
  );
}
