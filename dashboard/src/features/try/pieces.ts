// A text cut into what speaks for its reading, what speaks against it, and the rest. Pure.

interface Attributed {
  start: number;
  end: number;
  weight: number;
}

export interface Piece {
  text: string;
  start: number;
  side: "for" | "against" | "none";
  strength: number; // 1 to 3
}

const LEAST = 0.15; // of the largest weight: what is weaker is not shown

/** Cut `text`; positions count characters as Python does, so that an emoji is one. */
export function pieces(text: string, attributions: readonly Attributed[]): Piece[] {
  const letters = [...text];
  const largest = Math.max(...attributions.map(({ weight }) => Math.abs(weight)), Number.EPSILON);
  const telling = attributions
    .filter(({ weight }) => Math.abs(weight) >= LEAST * largest)
    .toSorted((a, b) => a.start - b.start);
  const found: Piece[] = [];
  let at = 0;
  const plain = (to: number) => {
    if (to > at) found.push({ text: letters.slice(at, to).join(""), start: at, side: "none", strength: 0 });
  };
  for (const { start, end, weight } of telling) {
    if (start < at || end <= start) continue;
    plain(start);
    const strength = Math.min(3, Math.ceil((3 * Math.abs(weight)) / largest));
    found.push({
      text: letters.slice(start, end).join(""),
      start,
      side: weight > 0 ? "for" : "against",
      strength,
    });
    at = end;
  }
  plain(letters.length);
  return found;
}
