// The score interval of a share (Wilson 1927), as groundswell.statistics.intervals computes it. Pure.

const Z = 1.959963984540054; // 95 %

/** Return [low, high] for `successes` of `n`; [0, 1] while nothing is known. */
export function wilson(successes: number, n: number): [number, number] {
  if (n === 0) return [0, 1];
  const share = successes / n;
  const shrink = 1 + (Z * Z) / n;
  const centre = share + (Z * Z) / (2 * n);
  const half = Z * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
  return [Math.max(0, (centre - half) / shrink), Math.min(1, (centre + half) / shrink)];
}
