// How the mood got here: shares with their bands, gaps, other models, alerts; a point leads to its posts.

import { lazy, Suspense, useMemo, useRef } from "react";
import type { Schema } from "@/api/client";
import { pathOf } from "@/api/path";
import { retried } from "@/api/retried";
import { useGet } from "@/api/views";
import { alertMarks, modelMarks, type Point, pointsOf, windowOf } from "@/charts/series";
import type { Picture } from "@/charts/TrendChart";
import { type Place, type Span, spanOf, viewOf } from "@/place/place";
import { Card, Loading, Shown } from "@/ui/kit";
import { Menu } from "@/ui/over";
import { useTheme } from "@/ui/theme";
import { clock, count, day, percent } from "@/words/format";

const TrendChart = lazy(retried(() => import("@/charts/TrendChart")));

type Buckets = Schema["TimelineAnswer"]["data"];
type Pick = (from: string, to: string) => void;

const labelOf = ({ hours, period }: Span) => {
  if (period === "day" || hours > 48)
    return (at: string) => `${day(new Date(at))} ${period === "day" ? "" : clock(new Date(at))}`;
  return (at: string) => clock(new Date(at));
};

const poolWords = ({ period, pool }: Span): string =>
  `by the ${period}${pool > 1 ? `, each over ${pool} ${period}s` : ""}`;

export function TrendCard({ place, onPick }: { place: Place; onPick: Pick }) {
  const span = spanOf(place);
  const query = { ...viewOf(place), period: span.period };
  const timeline = useGet("views", "/api/v1/sentiment/timeline", query);
  const picture = useRef<Picture>(null);
  return (
    <Card
      title="Trend"
      note={poolWords(span)}
      className={`trend-card ${timeline.isPlaceholderData ? "stale" : ""}`}
      actions={<Export query={query} onPicture={() => picture.current?.save("groundswell-trend.png")} />}
    >
      <Shown of={timeline} what="the trend">
        {({ data }) => <Drawn buckets={data} span={span} onPick={onPick} picture={picture} />}
      </Shown>
      <ul className="legend" aria-hidden="true">
        <li>
          <span className="key positive" />
          Positive
        </li>
        <li>
          <span className="key negative" />
          Negative
        </li>
        <li>
          <span className="key band" />
          95 % interval
        </li>
        <li>
          <span className="key volume" />
          Posts
        </li>
        <li>
          <span className="key partial" />
          Not complete
        </li>
        <li>Click a point to see its posts.</li>
      </ul>
    </Card>
  );
}

function Drawn(props: {
  buckets: Buckets;
  span: Span;
  onPick: Pick;
  picture: React.RefObject<Picture | null>;
}) {
  const { buckets, span, onPick, picture } = props;
  const theme = useTheme();
  const alerts = useGet("alerts", "/api/v1/alerts", { limit: 100 });
  const label = useMemo(() => labelOf(span), [span]);
  const trend = useMemo(
    () => ({
      points: pointsOf(buckets, span.pool),
      models: modelMarks(buckets),
      alerts: alertMarks(buckets, alerts.data?.data ?? []),
      label,
    }),
    [buckets, span, label, alerts.data],
  );
  const pick = (index: number) => {
    if (buckets[index]) onPick(...windowOf(buckets, index, span.pool));
  };
  return (
    <>
      <Suspense fallback={<Loading />}>
        <TrendChart trend={trend} theme={theme} onPick={pick} picture={picture} />
      </Suspense>
      <details>
        <summary>The same as a table</summary>
        <Table points={trend.points} label={label} onPick={pick} />
      </details>
    </>
  );
}

function Table({
  points,
  label,
  onPick,
}: {
  points: Point[];
  label: (at: string) => string;
  onPick: (index: number) => void;
}) {
  const rows = points.map((point, index) => ({ point, index })).filter(({ point }) => point.posts > 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="scroll tall" tabIndex={0} aria-label="The trend as a table">
      <table>
        <thead>
          <tr>
            <th>Time</th>
            <th className="number">Positive</th>
            <th className="number">Negative</th>
            <th className="number">Posts</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {rows.reverse().map(({ point, index }) => (
            <tr key={point.at}>
              <td>{label(point.at)}</td>
              <td className="number">{point.positive && percent(point.positive.share)}</td>
              <td className="number">{point.negative && percent(point.negative.share)}</td>
              <td className="number">{count(point.posts)}</td>
              <td>
                <button type="button" className="plain" onClick={() => onPick(index)}>
                  Posts
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Export({
  query,
  onPicture,
}: {
  query: Record<string, string | number | undefined>;
  onPicture: () => void;
}) {
  const as = (format: string) => pathOf("/api/v1/export/timeline", { format, ...query });
  const items = [
    { words: "Picture (PNG)", onChoose: onPicture },
    { words: "Table (CSV)", href: as("csv") },
    { words: "JSON lines", href: as("jsonl") },
    { words: "Excel (XLSX)", href: as("xlsx") },
  ];
  return <Menu words="Export" label="Export the trend" items={items} />;
}
