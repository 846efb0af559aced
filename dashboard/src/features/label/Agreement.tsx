// How far people agree, and what they disagree on.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ask, withBody } from "@/api/client";
import { useAsk } from "@/api/views";
import { Card, Failed, Shown } from "@/ui/kit";
import { capital, count, plural } from "@/words/format";
import { SENTIMENTS, type Sentiment } from "@/words/labels";

interface Coefficient {
  value: number | null;
  interval: [number, number] | null;
  units: number;
}

interface AgreementAnswer {
  texts: number;
  annotators: string[];
  sentiment: Coefficient;
  emotion: Coefficient;
  pairs: { annotators: [string, string]; kappa: Coefficient }[];
  disputed?: number;
}

interface Dispute {
  feedback: number;
  text: string;
  opinions: { annotator: string; user_label: Sentiment }[];
}

export function Agreement() {
  const agreement = useAsk<AgreementAnswer>("labels", "/api/v1/labels/agreement");
  return (
    <Card title="Agreement" note="1 is perfect, 0 is what chance gives">
      <Shown of={agreement} what="agreement">
        {(found) =>
          found.texts ? (
            <div className="stack">
              <dl className="figures">
                <Alpha name="Krippendorff's α, mood" of={found.sentiment} />
                <Alpha name="Krippendorff's α, emotion" of={found.emotion} />
                <div>
                  <dt>Labelled by two or more</dt>
                  <dd>{count(found.texts)}</dd>
                </div>
              </dl>
              <Pairs pairs={found.pairs} />
              <Disputes />
            </div>
          ) : (
            <p className="soft">
              No text was labelled by two people yet. Some posts are handed to two on purpose.
            </p>
          )
        }
      </Shown>
    </Card>
  );
}

const figure = ({ value }: Coefficient): string => (value === null ? "–" : value.toFixed(2));

function Alpha({ name, of }: { name: string; of: Coefficient }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {figure(of)}
        <small>
          {of.interval && `${of.interval.map((bound) => bound.toFixed(2)).join(" to ")}, `}
          {plural(of.units, "text")}
        </small>
      </dd>
    </div>
  );
}

function Pairs({ pairs }: { pairs: AgreementAnswer["pairs"] }) {
  if (!pairs.length) return null;
  return (
    <table>
      <thead>
        <tr>
          <th>Who</th>
          <th className="number">Cohen's κ</th>
          <th className="number">Texts</th>
        </tr>
      </thead>
      <tbody>
        {pairs.slice(0, 10).map(({ annotators, kappa }) => (
          <tr key={annotators.join(" ")}>
            <td>{annotators.join(" and ")}</td>
            <td className="number">{figure(kappa)}</td>
            <td className="number">{count(kappa.units)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Disputes() {
  const disputes = useAsk<{ data: Dispute[] }>("labels", "/api/v1/labels/disputes");
  if (!disputes.data?.data.length) return null;
  return (
    <div>
      <h3>To be decided</h3>
      <ul>
        {disputes.data.data.map((dispute) => (
          <Decide key={dispute.feedback} dispute={dispute} />
        ))}
      </ul>
    </div>
  );
}

function Decide({ dispute }: { dispute: Dispute }) {
  const cache = useQueryClient();
  const decide = useMutation({
    mutationFn: (label: Sentiment) =>
      ask("/api/v1/labels/adjudicate", withBody("post", { feedback: dispute.feedback, user_label: label })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["labels"] }),
  });
  return (
    <li className="post stack">
      <p dir="auto">{dispute.text}</p>
      <p className="soft">
        {dispute.opinions.map((one) => `${one.annotator}: ${one.user_label}`).join("; ")}
      </p>
      <div className="row">
        {SENTIMENTS.map((label) => (
          <button key={label} type="button" disabled={decide.isPending} onClick={() => decide.mutate(label)}>
            It is {capital(label)}
          </button>
        ))}
      </div>
      <Failed error={decide.error} />
    </li>
  );
}
