// Keeps what is shown as fresh as the live feed says it could be. Draws nothing.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Group } from "@/api/views";
import { connect, useLink, useLive } from "@/live/store";
import { usePlace } from "@/place/usePlace";

const BUSY = 5_000; // milliseconds between two readings of the views while posts arrive

export function Freshness() {
  const cache = useQueryClient();
  const [{ topic, source, lang, sentiment }] = usePlace();
  const { arrivals, alerts, models } = useLive();
  const link = useLink();
  const waits = useRef(false);

  useEffect(() => connect({ topic, source, lang, sentiment }), [topic, source, lang, sentiment]);

  useEffect(() => {
    if (arrivals === 0 || waits.current) return;
    waits.current = true;
    setTimeout(() => {
      waits.current = false;
      renew(["views"]);
    }, BUSY);
    function renew(groups: Group[]) {
      for (const group of groups) cache.invalidateQueries({ queryKey: [group] });
    }
  }, [arrivals, cache]);

  useEffect(() => {
    if (alerts) cache.invalidateQueries({ queryKey: ["alerts" satisfies Group] });
  }, [alerts, cache]);

  useEffect(() => {
    if (models) cache.invalidateQueries({ queryKey: ["models" satisfies Group] });
  }, [models, cache]);

  // the feed came back, or went: whether the server is there, the next readings tell
  useEffect(() => {
    if (link.state !== "connecting") cache.invalidateQueries();
  }, [link.state, cache]);

  return null;
}
