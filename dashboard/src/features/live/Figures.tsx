// The headline numbers, each with the API path it comes from.

import type { Schema } from "@/api/client";
import { pathOf } from "@/api/path";
import { useGet } from "@/api/views";
import type { Totals } from "@/live/state";
import { type Place, scopeOf, spanOf, viewOf } from "@/place/place";
import { Figure, Said } from "@/ui/kit";
import { count, duration, rate } from "@/words/format";
import { nobodyReads } from "@/words/status";

interface Props {
  place: Place;
  /** What the live feed last told of the day; null where the page is narrowed to a part of it. */
  totals: Totals | null;
  mood: Schema["DistributionAnswer"] | undefined;
}

const DISTRIBUTION = "/api/v1/sentiment/distribution";

export function Figures({ place, totals, mood }: Props) {
  const day = { hours: 24, ...scopeOf(place) };
  const counted = useGet("views", DISTRIBUTION, day);
  const status = useGet("status", "/api/v1/status", {}, { refetchInterval: 5_000 });
  const perSecond = totals?.rate == null ? "" : `${rate(totals.rate)} a second now`;
  const fresh = totals && counted.data && Date.parse(totals.timestamp) > counted.dataUpdatedAt;
  return (
    <section className="card figures-card" aria-label="Figures">
      <dl className="figures">
        <Figure
          id="total-posts"
          name="Posts, last 24 hours"
          value={fresh ? totals.total_posts : counted.data?.metadata.total}
          query={pathOf(DISTRIBUTION, day)}
          field="metadata.total"
          show={count}
          more={perSecond}
        />
        <Figure
          id="window-posts"
          name={`Posts, ${spanOf(place).words}`}
          value={mood?.metadata.total}
          query={pathOf(DISTRIBUTION, viewOf(place))}
          field="metadata.total"
          show={count}
        />
        <Figure
          id="lag"
          name="Behind by"
          value={status.data?.stream?.oldest_seconds}
          query="/api/v1/status"
          field="stream.oldest_seconds"
          show={duration}
          more={status.data?.stream ? `${count(status.data.stream.backlog)} waiting` : ""}
        />
        <div>
          <dt>Read by</dt>
          <dd className="words">{mood?.metadata.model_versions.join(", ") || "–"}</dd>
        </div>
      </dl>
      {nobodyReads(status.data) && (
        <Said tone="warn" data-testid="nobody-reads">
          No worker runs at the moment: posts are kept and wait to be read.
        </Said>
      )}
    </section>
  );
}
