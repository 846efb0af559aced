// Figures with their intervals, and whether the model is as sure as it should be.

import { Bar } from "@/ui/kit";
import { capital, count, percent, range } from "@/words/format";
import { type Bin, reportsOf } from "./measured";

export function Measured({ metrics }: { metrics: Record<string, unknown> }) {
  const reports = reportsOf(metrics);
  if (!reports.length) return <p className="soft">Nothing was measured of it.</p>;
  return (
    <div className="two">
      {reports.map((report) => (
        <div key={report.name} className="stack">
          <h3>
            {report.name} <small>{count(report.rows)} texts, 95 % intervals</small>
          </h3>
          <ul className="bars measured">
            {report.figures.map(({ name, figure }) => (
              <li key={name}>
                <span>{capital(name)}</span>
                <Bar share={figure.value} interval={[figure.low, figure.high]} />
                <span className="value">
                  {(100 * figure.value).toFixed(1)} % ({range([figure.low, figure.high])})
                </span>
              </li>
            ))}
          </ul>
          {report.reliability.length > 0 && <Reliability bins={report.reliability} />}
        </div>
      ))}
    </div>
  );
}

const SIZE = 240;

/** How often it is right, by how sure it is; on the diagonal a model is as sure as it should be. */
function Reliability({ bins }: { bins: readonly Bin[] }) {
  const x = (share: number) => 30 + share * (SIZE - 40);
  const y = (share: number) => SIZE - 30 - share * (SIZE - 40);
  const line = bins.map((bin, i) => `${i ? "L" : "M"}${x(bin.confidence)} ${y(bin.accuracy)}`).join("");
  const words = bins
    .map((bin) => `${percent(bin.confidence)} sure: right in ${percent(bin.accuracy)}`)
    .join("; ");
  return (
    <figure className="reliability">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={`Reliability. ${words}`}>
        <path className="axis" d={`M${x(0)} ${y(1)}V${y(0)}H${x(1)}`} />
        <path className="perfect" d={`M${x(0)} ${y(0)}L${x(1)} ${y(1)}`} />
        <path className="found" d={line} />
        {bins.map((bin) => (
          <circle key={bin.confidence} cx={x(bin.confidence)} cy={y(bin.accuracy)} r="3.5" />
        ))}
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <text x={x(share)} y={SIZE - 14} textAnchor="middle">
              {100 * share}
            </text>
            <text x={24} y={y(share) + 4} textAnchor="end">
              {100 * share}
            </text>
          </g>
        ))}
      </svg>
      <figcaption className="soft">
        <strong>Reliability.</strong> Across: how sure it says it is; up: how often it is then right, in
        percent. On the dashed line it is as right as it claims; below, it claims too much.
      </figcaption>
    </figure>
  );
}
