// Says so while the server does not answer; what was read before stays on the page.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { isAway } from "@/api/client";
import { useLink } from "@/live/store";
import { useNow } from "@/ui/useNow";
import { clockWithSeconds } from "@/words/format";

interface Known {
  away: boolean;
  asOf: number;
}

/** Tell whether the last readings found no server, and when one was last heard. */
function useKnown(): Known {
  const cache = useQueryClient().getQueryCache();
  const [known, setKnown] = useState<Known>({ away: false, asOf: 0 });
  useEffect(() => {
    const look = () => {
      const active = cache.getAll().filter((query) => query.isActive());
      const away = active.some(
        ({ state }) => isAway(state.error) && state.errorUpdatedAt > state.dataUpdatedAt,
      );
      const asOf = Math.max(0, ...cache.getAll().map(({ state }) => state.dataUpdatedAt));
      setKnown((before) => (before.away === away && before.asOf === asOf ? before : { away, asOf }));
    };
    look();
    return cache.subscribe(look);
  }, [cache]);
  return known;
}

export function Away() {
  const { away, asOf } = useKnown();
  const { retryAt } = useLink();
  const now = useNow(1000);
  const wait = Math.max(0, Math.ceil((retryAt - now) / 1000));
  return (
    <div role="alert">
      {away && (
        <p className="said warn away" data-testid="away">
          The server does not answer.{" "}
          {asOf
            ? `You see things as of ${clockWithSeconds(new Date(asOf))}.`
            : "Is `groundswell up` running?"}{" "}
          Trying again{wait ? ` in ${wait} s` : ""}…
        </p>
      )}
    </div>
  );
}
