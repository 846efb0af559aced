// What an operator asks first: is anything lost, what waits, who runs, what is broken.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { change, type Schema } from "@/api/client";
import { useGet } from "@/api/views";
import { Badge, Card, Failed, Figure, Lead, Said, Shown, Table } from "@/ui/kit";
import { useNow } from "@/ui/useNow";
import { bytes, count, duration, percent, when } from "@/words/format";
import { nobodyReads } from "@/words/status";
import { Sources } from "./Sources";

type Status = Schema["Status"];

const STATUS = "/api/v1/status";

export default function SystemPage() {
  const status = useGet("status", STATUS, {}, { refetchInterval: 5_000 });
  return (
    <div className="stack">
      <Lead title="System">
        What an operator asks first: is anything lost, what waits, who runs, and what is broken.
      </Lead>
      <Shown of={status} what="its state">
        {(data) => (
          <>
            <Summary status={data} />
            <Stream stream={data.stream} />
            <Sources sources={data.sources} />
            <Processes processes={data.processes} />
            <Breakers />
            <Cache cache={data.cache} />
          </>
        )}
      </Shown>
    </div>
  );
}

function Summary({ status }: { status: Status }) {
  const well = status.status === "healthy";
  return (
    <Card title="Health" note={`Groundswell ${status.version}`}>
      <div className="stack">
        <Said tone={well ? "good" : "warn"} data-testid="health">
          {well
            ? "Everything answers."
            : `Something is away: ${status.unavailable.join(", ") || status.status}.`}
        </Said>
        {nobodyReads(status) && (
          <Said tone="warn">
            No worker runs: posts are kept and wait. The log of <code>groundswell up</code> says why it ends.
          </Said>
        )}
        <dl className="figures">
          <Figure
            name="Running for"
            value={status.uptime_seconds}
            query={STATUS}
            field="uptime_seconds"
            show={duration}
          />
          <Figure
            id="posts-counted"
            name="Posts counted"
            value={status.posts_counted}
            query={STATUS}
            field="posts_counted"
            show={count}
          />
          <Figure
            name="Following the live feed"
            value={status.live.clients}
            query={STATUS}
            field="live.clients"
            show={count}
          />
        </dl>
      </div>
    </Card>
  );
}

function Stream({ stream }: { stream: Status["stream"] }) {
  if (!stream) return <Said tone="warn">The stream does not answer; posts wait where they come from.</Said>;
  const balanced = stream.imbalance === 0;
  const figures = [
    ["Ever added", "added", stream.added, count],
    ["Settled", "settled", stream.settled, count],
    ["Waiting", "backlog", stream.backlog, count],
    ["The oldest waits for", "oldest_seconds", stream.oldest_seconds, duration],
    ["Parked for a decision", "parked", stream.parked, count],
  ] as const;
  return (
    <Card title="Ledger" note="what was ever added is settled or waits">
      <div className="stack">
        <p data-testid="ledger" data-imbalance={stream.imbalance}>
          <Badge tone={balanced ? "good" : "warn"}>{balanced ? "True" : "Not true"}</Badge>{" "}
          {count(stream.added)} added = {count(stream.settled)} settled + {count(stream.backlog)} waiting
          {!balanced && `, and ${count(Math.abs(stream.imbalance))} missing`}.
        </p>
        <dl className="figures">
          {figures.map(([name, field, value, show]) => (
            <Figure
              key={field}
              name={name}
              value={value}
              query={STATUS}
              field={`stream.${field}`}
              show={show}
            />
          ))}
        </dl>
        <p className="soft">
          How they were settled:{" "}
          {Object.entries(stream.outcomes)
            .map(([name, n]) => `${name} ${count(n)}`)
            .join(", ") || "nothing yet"}
          .
        </p>
        {(stream.parked ?? 0) > 0 && (
          <p>
            <code>groundswell parked list</code> shows what was parked and why.
          </p>
        )}
      </div>
    </Card>
  );
}

function Processes({ processes }: { processes: Status["processes"] }) {
  const now = useNow();
  return (
    <Card title="Processes" note="alive in the last seconds">
      {processes ? (
        <Table
          label="Processes"
          heads={["Process", "Role", "Model", "Memory", "Runs for", "Version"]}
          rows={processes.map((process) => {
            const { model, memory_bytes: memory } = process.state as {
              model?: string;
              memory_bytes?: number;
            };
            const seconds = Math.max(0, (now - Date.parse(process.started_at)) / 1000);
            return [
              process.id,
              process.role,
              model ?? "–",
              memory ? bytes(memory) : "–",
              duration(seconds),
              process.version,
            ];
          })}
        />
      ) : (
        <p className="soft">The database does not answer.</p>
      )}
    </Card>
  );
}

function Breakers() {
  const failsafe = useGet("status", "/api/v1/failsafe", {}, { refetchInterval: 5_000 });
  const cache = useQueryClient();
  const reset = useMutation({
    mutationFn: () => change("post", "/api/v1/failsafe/reset"),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["status"] }),
  });
  const action = (
    <button type="button" disabled={reset.isPending} onClick={() => reset.mutate()}>
      Close every breaker
    </button>
  );
  return (
    <Card title="Breakers" note="who reads when the model fails" actions={action}>
      <Shown of={failsafe} what="its breakers">
        {(data) => (
          <div className="stack">
            <p>
              Texts are read by {data.chain.join(", then ")}.{" "}
              {data.fallback_headlines
                ? `${count(data.fallback_headlines)} posts read by a fallback will be read again.`
                : ""}
            </p>
            <Table
              label="Breakers"
              heads={["Process", "Model", "State", "Opened", "Last failure", "History"]}
              rows={data.processes.map((breaker) => [
                breaker.process,
                breaker.name,
                <Badge key="state" tone={breaker.state === "CLOSED" ? "good" : "warn"}>
                  {breaker.state.toLowerCase().replace("_", " ")}
                </Badge>,
                breaker.activations ? `${breaker.activations} times` : "never",
                breaker.last_failure || "–",
                breaker.transitions.map(({ at, after }) => `${when(at)} ${after.toLowerCase()}`).join("; ") ||
                  "–",
              ])}
            />
            <Failed error={reset.error} />
            {reset.data && <Said tone="good">{reset.data.message}</Said>}
          </div>
        )}
      </Shown>
    </Card>
  );
}

function Cache({ cache }: { cache: Status["cache"] }) {
  const { hit = 0, miss = 0, bypass = 0 } = cache;
  const asked = hit + miss;
  return (
    <Card title="Cache" note="answers kept for those who ask the same, in this process">
      <dl className="figures">
        <Figure name="Answered from it" value={hit} query={STATUS} field="cache.hit" show={count} />
        <Figure name="Computed anew" value={miss} query={STATUS} field="cache.miss" show={count} />
        <div>
          <dt>Hits</dt>
          <dd>
            {asked ? percent(hit / asked) : "–"}
            {bypass > 0 && <small>{count(bypass)} more wanted no kept answer</small>}
          </dd>
        </div>
      </dl>
    </Card>
  );
}
