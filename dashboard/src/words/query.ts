// Full text as the server understands it, for posts that arrive live. Pure.

/** Tell whether `content` holds every word of `query`, its "phrases" too, and no -word. */
export function matches(query: string, content: string): boolean {
  const text = ` ${plain(content)} `;
  return terms(query).every(
    ({ words, wanted, open }) => text.includes(` ${words}${open ? "" : " "}`) === wanted,
  );
}

interface Term {
  words: string;
  wanted: boolean;
  open: boolean; // `word*`: what follows may be anything
}

function terms(query: string): Term[] {
  const found = query.match(/-?"[^"]*"|\S+/g) ?? [];
  return found
    .map((term) => ({
      words: plain(term),
      wanted: !term.startsWith("-"),
      open: term.endsWith("*"),
    }))
    .filter((term) => term.words);
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
