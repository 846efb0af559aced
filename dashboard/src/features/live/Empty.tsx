// What to do when nothing was ever heard.

import { Card } from "@/ui/kit";

export function Empty() {
  const body = JSON.stringify({ source: "me", post_id: "1", content: "What a day!" });
  const curl = `curl ${location.origin}/api/v1/posts -H 'Content-Type: application/json' -d '${body}'`;
  return (
    <div data-testid="empty">
      <Card title="Nothing to hear yet" className="empty">
        <p>Groundswell is running and waits for posts. Give it some, and this page comes alive by itself.</p>
        <dl>
          <dt>Watch demo posts</dt>
          <dd>
            <code>groundswell ingest synthetic</code>
          </dd>
          <dt>or start with them</dt>
          <dd>
            <code>groundswell up --source synthetic</code>
          </dd>
          <dt>Listen to Bluesky</dt>
          <dd>
            <code>groundswell ingest bluesky</code>
          </dd>
          <dt>Read a file of yours</dt>
          <dd>
            <code>groundswell ingest file:posts.jsonl --once</code>
          </dd>
          <dt>Send one from anywhere</dt>
          <dd>
            <code>{curl}</code>
          </dd>
        </dl>
        <p className="note">
          No posts needed: <a href="#/try">try what it reads in a text of yours</a>.
        </p>
      </Card>
      <p className="hidden">
        Posts:{" "}
        <span
          data-testid="total-posts"
          data-value="0"
          data-query="/api/v1/sentiment/distribution?hours=24"
          data-field="metadata.total"
        >
          0
        </span>
      </p>
    </div>
  );
}
