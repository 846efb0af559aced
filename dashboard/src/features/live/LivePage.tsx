// The mood now, how it got there, and the posts behind it.

import { useState } from "react";
import { useGet } from "@/api/views";
import { useLive } from "@/live/store";
import { scopeOf, spanOf, viewOf } from "@/place/place";
import { usePlace } from "@/place/usePlace";
import { Card, Shown } from "@/ui/kit";
import { Compare } from "./Compare";
import { Emotions } from "./Emotions";
import { Empty } from "./Empty";
import { Feed, type Picked } from "./Feed";
import { Figures } from "./Figures";
import { Filters } from "./Filters";
import { MoodCard } from "./MoodCard";
import { TrendCard } from "./TrendCard";
import "./live.css";

export default function LivePage() {
  const [place, move] = usePlace();
  const [picked, setPicked] = useState<Picked | null>(null);
  const live = useLive();
  const all = useGet("views", "/api/v1/posts", { limit: 1 });
  const view = viewOf(place);
  const mood = useGet("views", "/api/v1/sentiment/distribution", view);
  const scoped = Object.values(scopeOf(place)).some(Boolean);
  const empty = all.data?.metadata.total === 0 && live.posts.length === 0;

  if (empty) return <Empty />;
  return (
    <div className="live">
      <h1 className="hidden">Live</h1>
      <Filters place={place} move={move} />
      <Card title="Mood" note={spanOf(place).words} className="mood-card">
        <Shown of={mood} what="the mood">
          {(data) => <MoodCard mood={data} view={view} words={spanOf(place).words} />}
        </Shown>
      </Card>
      <Figures place={place} totals={scoped ? null : live.totals} mood={mood.data} />
      <TrendCard place={place} onPick={(from, to) => setPicked({ from, to })} />
      <Compare place={place} />
      <div className="side">
        <Emotions mood={mood.data} />
      </div>
      <Feed place={place} move={move} picked={picked} onUnpick={() => setPicked(null)} />
    </div>
  );
}
