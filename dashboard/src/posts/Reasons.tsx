// Why a share moved: words, an exact split of the change, and the posts that show it.

import type { Schema } from "@/api/client";
import { useNow } from "@/ui/useNow";
import { count, points } from "@/words/format";
import { PostRow } from "./PostRow";
import { sentence, type Why } from "./sentence";

export function Reasons({ why, label }: { why: Why; label: string }) {
  const now = useNow();
  return (
    <div className="reasons stack">
      <p data-testid="movement">{sentence(why, label)}</p>
      <div className="two">
        <Terms terms={why.terms ?? []} sampled={why.sampled ?? false} />
        <Splits splits={why.splits ?? {}} />
      </div>
      {(why.posts ?? []).length > 0 && (
        <div>
          <h3>Posts that show it best</h3>
          <ul>
            {why.posts?.map((post) => (
              <PostRow key={post.id} post={{ ...post, at: post.created_at }} now={now} />
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function Terms({ terms, sampled }: { terms: readonly Schema["TermAnswer"][]; sampled: boolean }) {
  if (!terms.length) return <p className="soft">No word stands out.</p>;
  return (
    <div>
      <h3>Words that stand out {sampled && <small>in a random sample</small>}</h3>
      <table>
        <thead>
          <tr>
            <th>Word</th>
            <th className="number">Now</th>
            <th className="number">Before</th>
            <th className="number" title="How surprising that is: a z-score (Monroe et al. 2008)">
              z
            </th>
          </tr>
        </thead>
        <tbody>
          {terms.slice(0, 8).map(({ term, count: n, baseline_count: before, z }) => (
            <tr key={term}>
              <td>{term}</td>
              <td className="number">{count(n)}</td>
              <td className="number">{count(before)}</td>
              <td className="number">{z.toFixed(1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Splits({ splits }: { splits: Record<string, Schema["SplitAnswer"]> }) {
  const rows = Object.entries(splits).flatMap(([dimension, { mix, rate }]) => [
    ...mix.map((effect) => ({ ...effect, dimension, how: "more or fewer posts" })),
    ...rate.map((effect) => ({ ...effect, dimension, how: "another mood inside" })),
  ]);
  const telling = rows.filter(({ effect }) => Math.abs(effect) >= 0.0005);
  if (!telling.length) return null;
  telling.sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
  return (
    <div>
      <h3>Where it comes from</h3>
      <table>
        <thead>
          <tr>
            <th>Group</th>
            <th>How</th>
            <th className="number">Adds</th>
          </tr>
        </thead>
        <tbody>
          {telling.slice(0, 8).map(({ dimension, name, how, effect }) => (
            <tr key={`${dimension} ${name} ${how}`}>
              <td>
                <span className="soft">{dimension}</span> {name}
              </td>
              <td>{how}</td>
              <td className="number">{points(effect)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
