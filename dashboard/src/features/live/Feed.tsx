// The posts: live, narrowed by mood, emotion and words; or those of one point of the trend.

import { useEffect, useMemo } from "react";
import { pathOf } from "@/api/path";
import { useGet } from "@/api/views";
import type { LivePost } from "@/live/state";
import { currentState, setPaused, take, useLive } from "@/live/store";
import { feedOf, type Place } from "@/place/place";
import { PostRow } from "@/posts/PostRow";
import { Card, Failed, Select } from "@/ui/kit";
import { Menu } from "@/ui/over";
import { useNow } from "@/ui/useNow";
import { capital, clock, count } from "@/words/format";
import { EMOTIONS, SENTIMENTS } from "@/words/labels";
import { matches } from "@/words/query";
import { Typed } from "./Filters";

interface Props {
  place: Place;
  move: (change: Partial<Place>) => void;
}

const SHOWN = 40;

export function Feed({ place, move }: Props) {
  const live = useLive();
  const picked = place.since ? { from: place.since, to: place.until } : null;
  const query = { limit: SHOWN, ...feedOf(place), ...(picked ?? {}) };
  return (
    <Card
      title="Posts"
      id="posts"
      note={picked ? `${clock(new Date(picked.from))} to ${clock(new Date(picked.to))}` : <FeedNote />}
      className="feed-card"
      actions={
        <>
          {picked ? (
            <button type="button" onClick={() => move({ since: "", until: "" })}>
              Back to live
            </button>
          ) : (
            <button type="button" aria-pressed={live.paused} onClick={() => setPaused(!live.paused)}>
              {live.paused ? "Go on" : "Pause"}
            </button>
          )}
          <Export query={query} />
        </>
      }
    >
      <div className="fields feed-filters">
        <Select
          label="Mood"
          value={place.sentiment}
          options={[["", "Any"], ...SENTIMENTS.map((name) => [name, capital(name)] as const)]}
          onChange={(sentiment) => move({ sentiment })}
        />
        <Select
          label="Emotion"
          value={place.emotion}
          options={[["", "Any"], ...EMOTIONS.map((name) => [name, capital(name)] as const)]}
          onChange={(emotion) => move({ emotion })}
        />
        <Typed
          label="Words"
          placeholder={'refund "not working" -spam'}
          value={place.q}
          onChange={(q) => move({ q })}
        />
      </div>
      {picked ? <Stored query={query} /> : <Live place={place} query={query} />}
    </Card>
  );
}

function FeedNote() {
  const { waiting, totals, missed } = useLive();
  const share = totals?.feed_share ?? 1;
  const notes = [
    waiting.length ? `${waiting.length} new` : "",
    share < 1 ? `a sample: ${Math.round(100 * share)} %` : "",
    missed ? `${count(missed)} passed unseen` : "",
  ];
  return notes.filter(Boolean).join(" · ");
}

type Query = Record<string, string | number | undefined>;

function Live({ place, query }: { place: Place; query: Query }) {
  const live = useLive();
  const now = useNow();
  const asked = useMemo(() => ({ state: currentState() }), []);
  const stored = useGet("views", "/api/v1/posts", query, { placeholderData: undefined });

  useEffect(() => {
    if (stored.data && !stored.isFetching) {
      take(
        stored.data.data.map((post) => ({ ...post, timestamp: post.analyzed_at })),
        asked.state,
      );
      asked.state = currentState();
    }
  }, [stored.data, stored.isFetching, asked]);

  const posts = live.posts.filter(
    (post) =>
      (!place.sentiment || post.sentiment === place.sentiment) &&
      (!place.emotion || post.emotion === place.emotion) &&
      matches(place.q, post.content),
  );
  if (!stored.data && stored.error) return <Failed error={stored.error} />;
  return <List posts={posts.slice(0, SHOWN)} now={now} />;
}

function Stored({ query }: { query: Query }) {
  const now = useNow();
  const stored = useGet("views", "/api/v1/posts", query);
  if (!stored.data) return <Failed error={stored.error} />;
  return (
    <List posts={stored.data.data.map((post) => ({ ...post, timestamp: post.analyzed_at }))} now={now} />
  );
}

function List({ posts, now }: { posts: readonly LivePost[]; now: number }) {
  if (!posts.length) return <p className="soft">No post is like that.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <ol className="posts" data-testid="feed" aria-label="Posts, the newest first" tabIndex={0}>
      {posts.map((post) => (
        <PostRow key={post.id} post={{ ...post, at: post.timestamp }} now={now} />
      ))}
    </ol>
  );
}

function Export({ query }: { query: Query }) {
  const as = (format: string) => pathOf("/api/v1/export/posts", { format, ...query, limit: undefined });
  const items = [
    { words: "Table (CSV)", href: as("csv") },
    { words: "JSON lines", href: as("jsonl") },
    { words: "Excel (XLSX)", href: as("xlsx") },
    { words: "Parquet", href: as("parquet") },
  ];
  return <Menu words="Export" label="Export these posts, all of them" items={items} />;
}
