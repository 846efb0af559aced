// The distribution as one divided bar and three rows with intervals.

import type { Schema } from "@/api/client";
import { pathOf, type Query } from "@/api/path";
import { Bar } from "@/ui/kit";
import { capital, count, percent, plural, range } from "@/words/format";
import { SENTIMENTS, SHAPES } from "@/words/labels";

type Mood = Schema["DistributionAnswer"];

export function MoodCard({ mood, view, words }: { mood: Mood; view: Query; words: string }) {
  const { total, fallback_count: fallback, complete, as_of: asOf } = mood.metadata;
  const query = pathOf("/api/v1/sentiment/distribution", view);
  const rows = SENTIMENTS.map((name) => mood.data.findIndex((row) => row.sentiment === name));
  const notes = [
    total ? `${plural(total, "post")}, with 95 % intervals.` : `No posts in the ${words}.`,
    fallback ? `${count(fallback)} more were read by a fallback and are left out.` : "",
    total && !complete ? "Not complete: still counting, or there was a gap in listening." : "",
  ];
  return (
    <>
      <div className="balance" aria-hidden="true">
        {total > 0 &&
          rows.map((i) => {
            const row = mood.data[i];
            return (
              row && <span key={row.sentiment} className={row.sentiment} style={{ flexGrow: row.share }} />
            );
          })}
      </div>
      <ul className="shares" data-testid="distribution">
        {rows.map((i) => {
          const row = mood.data[i];
          if (!row) return null;
          return (
            <li key={row.sentiment} className={`share ${row.sentiment}`}>
              <span className="name">
                <span aria-hidden="true">{SHAPES[row.sentiment]}</span> {capital(row.sentiment)}
              </span>
              <strong
                data-testid={`share-${row.sentiment}`}
                data-value={row.share}
                data-query={query}
                data-field={`data.${i}.share`}
              >
                {total ? percent(row.share) : "–"}
              </strong>
              <Bar share={row.share} interval={total ? row.interval : undefined} />
              <span className="interval">{total ? range(row.interval) : ""}</span>
              <span className="posts">{count(row.count)}</span>
            </li>
          );
        })}
      </ul>
      <p className="note">
        {notes.filter(Boolean).join(" ")}{" "}
        <time dateTime={asOf}>As of {new Date(asOf).toLocaleTimeString()}.</time>
      </p>
    </>
  );
}
