// What is tracked: topics, made, changed and removed in place.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { change, type Schema } from "@/api/client";
import { useGet } from "@/api/views";
import { Badge, Card, Failed, Field, Lead, Shown } from "@/ui/kit";
import { join, matchedWords, split } from "./terms";

type Topic = Schema["TopicAnswer"];

export default function TopicsPage() {
  const topics = useGet("topics", "/api/v1/topics", { limit: 500 }, { refetchInterval: 5_000 });
  const [edited, setEdited] = useState<number | "new" | null>(null);
  const done = () => setEdited(null);
  const add = (
    <button type="button" className="main" onClick={() => setEdited("new")}>
      New topic
    </button>
  );
  return (
    <div className="stack">
      <Lead title="Topics">
        What you track: a product, a place, a campaign. A topic is a name for words; the posts that have them
        are counted apart, and every page can be narrowed to them.
      </Lead>
      <Card title="Tracked" note="the newest last" actions={add}>
        {edited === "new" && <Editor topic={null} onDone={done} />}
        <Shown of={topics} what="topics">
          {({ data }) =>
            data.length ? (
              <ul>
                {data.map((topic) => (
                  <li key={topic.id} className="post">
                    {edited === topic.id ? (
                      <Editor topic={topic} onDone={done} />
                    ) : (
                      <Row topic={topic} onEdit={() => setEdited(topic.id)} />
                    )}
                  </li>
                ))}
              </ul>
            ) : (
              <p className="soft">
                No topic yet. A topic is a name for words: posts with any of them, all of them, or none of
                them.
              </p>
            )
          }
        </Shown>
      </Card>
    </div>
  );
}

function Row({ topic, onEdit }: { topic: Topic; onEdit: () => void }) {
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => change("delete", "/api/v1/topics/{id}", { id: topic.id }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["topics"] }),
  });
  const terms = (["any", "all", "none"] as const).filter((name) => topic[name].length > 0);
  return (
    <div className="stack" data-testid="topic">
      <div className="row">
        <h3 className="grow">{topic.name}</h3>
        <Badge tone={topic.matched_since ? "warn" : "good"}>{matchedWords(topic)}</Badge>
        <a href={`/?window=day&topic=${topic.id}#/`}>See its mood</a>
        <button type="button" onClick={onEdit} aria-label={`Change ${topic.name}`}>
          Change
        </button>
        <button
          type="button"
          aria-label={`Remove ${topic.name}`}
          onClick={() => confirm(`Remove the topic “${topic.name}”? Its posts stay.`) && remove.mutate()}
        >
          Remove
        </button>
      </div>
      <p className="soft">
        {terms.map((name) => (
          <span key={name}>
            {HAS[name]} {topic[name].join(", ")}.{" "}
          </span>
        ))}
      </p>
      <Failed error={remove.error} />
    </div>
  );
}

const HAS = { any: "Has any of:", all: "Has all of:", none: "Has none of:" } as const;

const WORDS = {
  any: "Any of these words, one a line",
  all: "And all of these",
  none: "And none of these",
} as const;

function Editor({ topic, onDone }: { topic: Topic | null; onDone: () => void }) {
  const [draft, setDraft] = useState({
    name: topic?.name ?? "",
    any: join(topic?.any),
    all: join(topic?.all),
    none: join(topic?.none),
  });
  const cache = useQueryClient();
  const save = useMutation({
    mutationFn: async () => {
      const body = {
        name: draft.name.trim(),
        any: split(draft.any),
        all: split(draft.all),
        none: split(draft.none),
      };
      if (topic) await change("put", "/api/v1/topics/{id}", { id: topic.id }, body);
      else await change("post", "/api/v1/topics", {}, body);
    },
    onSuccess: () => {
      cache.invalidateQueries({ queryKey: ["topics"] });
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className="stack" onSubmit={submit} aria-label={topic ? `Change ${topic.name}` : "New topic"}>
      <Field label="Name">
        <input
          required
          maxLength={100}
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.target.value })}
        />
      </Field>
      <div className="two">
        {(["any", "all", "none"] as const).map((name) => (
          <Field key={name} label={WORDS[name]}>
            <textarea
              rows={3}
              value={draft[name]}
              onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
            />
          </Field>
        ))}
      </div>
      <p className="note">
        A word, a #hashtag, or several words in a row. Posts that are already here are matched, too.
      </p>
      <Failed error={save.error} />
      <div className="row">
        <button type="submit" className="main" disabled={save.isPending}>
          Save
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}
