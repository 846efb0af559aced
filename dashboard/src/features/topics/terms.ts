// Terms of a topic as lines of a text field. Pure.

export const join = (terms: readonly string[] = []): string => terms.join("\n");

/** One term a line, or between commas; what is empty or said twice is left out. */
export const split = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\n,]/)
      .map((term) => term.trim())
      .filter(Boolean),
  ),
];
