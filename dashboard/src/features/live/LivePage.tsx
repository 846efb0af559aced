// The mood now, how it got there, and the posts behind it.

import { useGet } from "@/api/views";
import { useLive } from "@/live/store";
import { scopeOf, spanOf, viewOf } from "@/place/place";
import { usePlace } from "@/place/usePlace";
import { Card, Lead, Shown } from "@/ui/kit";
import { Compare } from "./Compare";
import { Emotions } from "./Emotions";
import { Empty } from "./Empty";
import { Feed } from "./Feed";
import { Figures } from "./Figures";
import { Filters } from "./Filters";
import { Guide } from "./Guide";
import { MoodCard } from "./MoodCard";
import { TrendCard } from "./TrendCard";
import "./live.css";

/** What is shown while what was just chosen is on its way is the answer to another question. */
const stale = ({ isPlaceholderData }: { isPlaceholderData: boolean }) => (isPlaceholderData ? "stale" : "");

export default function LivePage() {
  const [place, move] = usePlace();
  const live = useLive();
  const all = useGet("views", "/api/v1/posts", { limit: 1 });
  const view = viewOf(place);
  const mood = useGet("views", "/api/v1/sentiment/distribution", view);
  const scoped = Object.values(scopeOf(place)).some(Boolean);
  const empty = all.data?.metadata.total === 0 && live.posts.length === 0;

  const pick = (since: string, until: string) => {
    move({ since, until });
    document.getElementById("posts")?.focus(); // they are further down, and one wants to see them
  };

  if (empty) return <Empty />;
  return (
    <div className="live">
      <Lead title="Live">
        The mood of what people write, as it arrives: what it is now, how it got there, and the posts behind
        it.
        <Guide />
      </Lead>
      <Filters place={place} move={move} />
      <Card title="Mood" note={spanOf(place).words} className={`mood-card ${stale(mood)}`}>
        <Shown of={mood} what="the mood">
          {(data) => <MoodCard mood={data} view={view} words={spanOf(place).words} />}
        </Shown>
      </Card>
      <Figures place={place} totals={scoped ? null : live.totals} mood={mood.data} />
      <TrendCard place={place} onPick={pick} />
      <Compare place={place} move={move} />
      <Emotions mood={mood.data} />
      <Feed place={place} move={move} />
    </div>
  );
}
