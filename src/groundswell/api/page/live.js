// One connection to the live feed that comes back by itself and goes on where it was.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 20_000;
const SILENT_AFTER = 60_000; // longer away: what was missed is read from the store instead

/** How long to wait before attempt `n`, in milliseconds: doubling, with half of it left to chance. */
export function backoff(attempt, random = Math.random) {
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
  return wait / 2 + (random() * wait) / 2;
}

/**
 * Follow the feed for ever. `onEvent(event)` gets each frame; `onState(state, waitMs)` hears
 * "connecting", "live" and "away"; `cursor()` says where to resume.
 */
export function follow({ url, cursor, onEvent, onState, socket = (u) => new WebSocket(u) }) {
  let attempt = 0;
  let lastHeard = 0;

  const open = () => {
    onState("connecting");
    const known = cursor();
    const resumable = known && Date.now() - lastHeard < SILENT_AFTER;
    const connection = socket(resumable ? `${url}&cursor=${encodeURIComponent(known)}` : url);
    connection.onmessage = (message) => {
      attempt = 0;
      lastHeard = Date.now();
      onEvent(JSON.parse(message.data));
    };
    connection.onopen = () => onState("live");
    connection.onclose = () => {
      const wait = backoff(attempt++);
      onState("away", wait);
      setTimeout(open, wait);
    };
  };
  open();
}
