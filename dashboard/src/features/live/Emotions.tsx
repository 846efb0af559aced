// What is felt, by the largest emotion of each post.

import type { Schema } from "@/api/client";
import { Bars, Card } from "@/ui/kit";
import { count } from "@/words/format";

export function Emotions({ mood }: { mood: Schema["DistributionAnswer"] | undefined }) {
  if (!mood?.emotions.length) return null;
  const largest = Math.max(...mood.emotions.map(({ share }) => share), Number.EPSILON);
  return (
    <Card title="Emotions" note="the largest one of each post" className="emotions-card">
      <Bars
        largest={largest}
        rows={mood.emotions.map(({ emotion, share, count: n }) => ({
          name: emotion,
          share,
          title: `${count(n)} posts`,
        }))}
      />
    </Card>
  );
}
