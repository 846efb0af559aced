// Numbers and times as people read them. Pure.

const whole = new Intl.NumberFormat("en");

export const count = (n: number): string => whole.format(n);

export const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Percentage points with their sign: "+12 points", "−3 points". */
export function points(change: number): string {
  const n = Math.round(1000 * change) / 10;
  return `${n > 0 ? "+" : n < 0 ? "−" : "±"}${Math.abs(n)} points`;
}

/** "38–46 %", rounded outwards so that nothing is claimed that was not shown. */
export function range([low, high]: readonly number[]): string {
  const spare = 1e-9; // 100 × 0.57 is a little less than 57
  return `${Math.floor(100 * (low ?? 0) + spare)}–${Math.ceil(100 * (high ?? 1) - spare)} %`;
}

/** Seconds in the largest unit that keeps them readable. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** How long ago `then` was; both in milliseconds. */
export const ago = (then: number, now: number): string =>
  now - then < 5000 ? "now" : `${duration((now - then) / 1000)} ago`;

const two = { hour: "2-digit", minute: "2-digit" } as const;

export const clock = (date: Date): string => date.toLocaleTimeString([], two);

export const clockWithSeconds = (date: Date): string =>
  date.toLocaleTimeString([], { ...two, second: "2-digit" });

export const day = (date: Date): string => date.toLocaleDateString([], { weekday: "short", day: "numeric" });

/** Date and time, short; what `when` is given is ISO 8601. */
export const when = (iso: string): string =>
  new Date(iso).toLocaleString([], { day: "numeric", month: "short", ...two });

/** Posts per second: a digit behind the point only where it says something. */
export const rate = (perSecond: number): string =>
  perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(1);

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Bytes in the unit people know. */
export function bytes(n: number): string {
  if (n < 1e6) return `${Math.round(n / 1e3)} kB`;
  return n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(2)} GB`;
}

/** "1 post", "2 posts". */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;
