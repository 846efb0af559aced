// The rules, and what can be done with each.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { change, type Schema } from "@/api/client";
import { useGet } from "@/api/views";
import { Badge, Card, Failed, Shown } from "@/ui/kit";
import { Dialog } from "@/ui/over";
import { RuleEditor } from "./RuleEditor";
import { thresholdWords } from "./rule";

type Rule = Schema["RuleAnswer"];

export function Rules() {
  const rules = useGet("alerts", "/api/v1/alert-rules", { limit: 100 });
  const [edited, setEdited] = useState<Rule | "new" | null>(null);
  const add = (
    <button type="button" className="main" onClick={() => setEdited("new")}>
      New rule
    </button>
  );
  return (
    <Card title="Rules" note="when to call" actions={add}>
      <Shown of={rules} what="alert rules">
        {({ data }) => (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          <section className="scroll" tabIndex={0} aria-label="Rules">
            <table className="cards">
              <thead>
                <tr>
                  <th>Rule</th>
                  <th>Calls when</th>
                  <th>Over</th>
                  <th>State</th>
                  <th />
                </tr>
              </thead>
              <tbody>
                {data.map((rule) => (
                  <Row key={rule.id} rule={rule} onEdit={() => setEdited(rule)} />
                ))}
              </tbody>
            </table>
          </section>
        )}
      </Shown>
      <Dialog
        title={edited === "new" ? "New rule" : "Change the rule"}
        open={edited !== null}
        onClose={() => setEdited(null)}
      >
        {edited && <RuleEditor rule={edited === "new" ? null : edited} onDone={() => setEdited(null)} />}
      </Dialog>
    </Card>
  );
}

function Row({ rule, onEdit }: { rule: Rule; onEdit: () => void }) {
  const cache = useQueryClient();
  const done = { onSuccess: () => cache.invalidateQueries({ queryKey: ["alerts"] }) };
  const toggle = useMutation({
    mutationFn: () =>
      change("patch", "/api/v1/alert-rules/{id}", { id: rule.id }, { enabled: !rule.enabled }),
    ...done,
  });
  const remove = useMutation({
    mutationFn: () => change("delete", "/api/v1/alert-rules/{id}", { id: rule.id }),
    ...done,
  });
  const muted = rule.muted_until && Date.parse(rule.muted_until) > Date.now();
  return (
    <tr>
      <td>{rule.name}</td>
      <td data-head="Calls when">{thresholdWords(rule)}</td>
      <td data-head="Over">{rule.window_minutes} min</td>
      <td data-head="State">
        <Badge tone={rule.enabled && !muted ? "good" : ""}>
          {rule.enabled ? (muted ? "muted" : "on") : "off"}
        </Badge>
        <Failed error={toggle.error ?? remove.error} />
      </td>
      <td>
        <div className="row acts">
          <button type="button" onClick={onEdit} aria-label={`Change ${rule.name}`}>
            Change
          </button>
          <button
            type="button"
            onClick={() => toggle.mutate()}
            aria-label={`Switch ${rule.enabled ? "off" : "on"} ${rule.name}`}
          >
            {rule.enabled ? "Switch off" : "Switch on"}
          </button>
          <button
            type="button"
            onClick={() => confirm(`Remove the rule “${rule.name}”? Its alerts stay.`) && remove.mutate()}
            aria-label={`Remove ${rule.name}`}
          >
            Remove
          </button>
        </div>
      </td>
    </tr>
  );
}
