// One post as it is shown everywhere: its mood in words, what was written as text, and a way to correct it.

import { Mood } from "@/ui/kit";
import { ago, percent } from "@/words/format";
import type { Sentiment } from "@/words/labels";
import { Correct } from "./Correct";

export interface ShownPost {
  id: string;
  source?: string | null;
  content?: string | null;
  sentiment?: Sentiment | null;
  confidence?: number | null;
  emotion?: string | null;
  at?: string | null;
}

export function PostRow({ post, now }: { post: ShownPost; now: number }) {
  return (
    <li className="post" data-id={post.id}>
      <div className="head">
        {post.sentiment && (
          <span title={post.confidence == null ? undefined : `${percent(post.confidence)} sure`}>
            <Mood sentiment={post.sentiment} />
          </span>
        )}
        {post.emotion && post.emotion !== "neutral" && <span>{post.emotion}</span>}
        <span>{post.source}</span>
        <span className="end">
          {post.at && <time dateTime={post.at}>{ago(Date.parse(post.at), now)}</time>}
          {post.sentiment && <Correct id={post.id} sentiment={post.sentiment} />}
        </span>
      </div>
      <p className="content" dir="auto">
        {post.content ?? "This post is no longer stored."}
      </p>
    </li>
  );
}
