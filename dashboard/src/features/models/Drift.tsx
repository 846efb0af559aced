// Whether what the model reads, or what it says of it, is no longer as it was.

import { useAsk } from "@/api/views";
import { Badge, Shown } from "@/ui/kit";
import { count } from "@/words/format";

interface Signal {
  name: string;
  value: number;
  interval: [number, number];
  threshold: number;
  state: string;
}

interface DriftAnswer {
  window_minutes: number;
  drift: { posts: number; baseline_posts: number; signals: Signal[]; beyond: number };
}

export function Drift({ model }: { model: string }) {
  const drift = useAsk<DriftAnswer>("models", `/api/v1/models/${encodeURIComponent(model)}/drift`);
  return (
    <div className="stack">
      <h3>Drift</h3>
      <Shown of={drift} what="a look at drift">
        {({ drift: found }) => (
          <>
            <p>
              {found.beyond
                ? `${found.beyond} signals are surely beyond what matters`
                : "Nothing has surely shifted"}
              , in {count(found.posts)} posts beside {count(found.baseline_posts)} before.
            </p>
            <table>
              <thead>
                <tr>
                  <th>What may have shifted</th>
                  <th className="number">Shift</th>
                  <th className="number">Matters over</th>
                  <th>State</th>
                </tr>
              </thead>
              <tbody>
                {found.signals.map((signal) => (
                  <tr key={signal.name}>
                    <td>{signal.name.replaceAll("_", " ")}</td>
                    <td
                      className="number"
                      title={signal.interval.map((bound) => bound.toFixed(3)).join(" to ")}
                    >
                      {signal.value.toFixed(3)}
                    </td>
                    <td className="number">{signal.threshold}</td>
                    <td>
                      <Badge tone={signal.state === "beyond" ? "warn" : ""}>{signal.state}</Badge>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )}
      </Shown>
    </div>
  );
}
