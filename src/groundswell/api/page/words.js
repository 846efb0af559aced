// Numbers and times as people read them. Pure.

export const SENTIMENTS = ["positive", "neutral", "negative"];

const whole = new Intl.NumberFormat("en");

export const count = (n) => whole.format(n);

export const percent = (share) => `${Math.round(100 * share)} %`;

/** "38–46 %", rounded outwards so that nothing is claimed that was not shown. */
export function range([low, high]) {
  return `${Math.floor(100 * low)}–${Math.ceil(100 * high)} %`;
}

/** Seconds in the largest unit that keeps them readable. */
export function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

export const ago = (then, now) => (now - then < 5000 ? "now" : `${duration((now - then) / 1000)} ago`);

export const clock = (date, seconds = false) =>
  date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }) });

export const day = (date) => date.toLocaleDateString([], { weekday: "short", day: "numeric" });

/** Posts per second: a digit behind the point only where it says something. */
export const rate = (perSecond) => (perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(1));

export const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
