// "This was read wrongly": what a person says of a post goes into the feedback the model learns from.

import { useMutation } from "@tanstack/react-query";
import { ask, isNotBuilt, withBody } from "@/api/client";
import { Menu } from "@/ui/over";
import { capital } from "@/words/format";
import { SENTIMENTS, type Sentiment } from "@/words/labels";

export function Correct({ id, sentiment }: { id: string; sentiment: Sentiment }) {
  const sent = useMutation({
    mutationFn: (label: Sentiment) =>
      ask(
        "/api/v1/feedback",
        withBody("post", { post_id: id, model_prediction: sentiment, user_label: label }),
      ),
  });
  if (sent.isSuccess) return <span role="status">Thank you, noted as {sent.variables}.</span>;
  if (sent.isError) {
    const words = isNotBuilt(sent.error)
      ? "Corrections are not kept by this server yet."
      : sent.error.message;
    return <span role="alert">{words}</span>;
  }
  const items = SENTIMENTS.map((label) => ({
    words: label === sentiment ? `${capital(label)}, as it was read` : capital(label),
    onChoose: () => sent.mutate(label),
  }));
  return <Menu words="Correct" label="Correct how this post was read" plain items={items} />;
}
