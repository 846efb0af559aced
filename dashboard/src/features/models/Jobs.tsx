// Training and evaluation: what runs, how far it is, and what was decided.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ask, withBody } from "@/api/client";
import { useAsk } from "@/api/views";
import { Badge, Bar, Card, Failed, Shown } from "@/ui/kit";
import { percent, when } from "@/words/format";

interface Job {
  name: string;
  kind: string;
  status: "queued" | "running" | "completed" | "failed" | "cancelled";
  progress: number | null;
  started_at: string | null;
  ended_at: string | null;
  log_tail?: string | string[] | null;
  decision?: { promoted: boolean; reasons: string[] } | null;
}

const JOBS = "/api/v1/training-jobs";

export function Jobs() {
  const jobs = useAsk<{ data: Job[] }>("jobs", JOBS, { refetchInterval: 3_000 });
  const cache = useQueryClient();
  const start = useMutation({
    mutationFn: (what: "retrain" | "evaluate") => ask(`/api/v1/${what}`, withBody("post", {})),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["jobs"] }),
  });
  const actions = jobs.data && (
    <>
      <button
        type="button"
        className="main"
        disabled={start.isPending}
        onClick={() => start.mutate("retrain")}
      >
        Learn from corrections
      </button>
      <button type="button" disabled={start.isPending} onClick={() => start.mutate("evaluate")}>
        Evaluate
      </button>
    </>
  );
  return (
    <Card title="Training" note="a better version is promoted, a worse one is refused" actions={actions}>
      <div className="stack">
        <Failed error={start.error} />
        <Shown of={jobs} what="training">
          {({ data }) =>
            data.length ? (
              <ul>
                {data.map((job) => (
                  <Row key={job.name} job={job} />
                ))}
              </ul>
            ) : (
              <p className="soft">Nothing was trained yet. Correct some posts, then learn from them.</p>
            )
          }
        </Shown>
      </div>
    </Card>
  );
}

function Row({ job }: { job: Job }) {
  const cache = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => ask(`${JOBS}/${encodeURIComponent(job.name)}/cancel`, { method: "POST" }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["jobs"] }),
  });
  const active = job.status === "queued" || job.status === "running";
  const log = Array.isArray(job.log_tail) ? job.log_tail.join("\n") : job.log_tail;
  return (
    <li className="post stack">
      <div className="row">
        <strong>{job.name}</strong> <span className="soft">{job.kind}</span>
        <Badge tone={job.status === "failed" ? "warn" : job.status === "completed" ? "good" : ""}>
          {job.status}
        </Badge>
        {job.started_at && <span className="soft">{when(job.started_at)}</span>}
        {active && (
          <button type="button" onClick={() => cancel.mutate()}>
            Cancel
          </button>
        )}
      </div>
      {active && (
        <div className="row">
          <span className="progress">
            <Bar share={job.progress ?? 0} />
          </span>
          {percent(job.progress ?? 0)}
        </div>
      )}
      {job.decision && (
        <p>
          {job.decision.promoted ? "Promoted." : "Not promoted."} {job.decision.reasons.join(" ")}
        </p>
      )}
      {log && (
        <details>
          <summary>Log</summary>
          <pre>{log}</pre>
        </details>
      )}
      <Failed error={cancel.error} />
    </li>
  );
}
