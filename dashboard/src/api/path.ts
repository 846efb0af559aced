// Paths of the API with their query, for links, `data-query` and exports. Pure.

export type Query = Record<string, string | number | undefined>;

/** Return `path?query` without empty values, in the order given. */
export function pathOf(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}
