// The place in the address bar, read and moved.

import { useCallback, useMemo } from "react";
import { useSearch } from "wouter/use-browser-location";
import { moved, type Place, read, write } from "./place";

export const useSearchText = (): string => useSearch();

/** Return the place and what moves it; each move can be gone back on. */
export function usePlace(): [Place, (change: Partial<Place>) => void] {
  const search = useSearch();
  const place = useMemo(() => read(search), [search]);
  const move = useCallback((change: Partial<Place>) => {
    const text = write(moved(read(location.search), change));
    // the path stays `/`, the page is in the fragment: a server needs to know neither
    history.pushState(null, "", `${location.pathname}${text ? `?${text}` : ""}${location.hash}`);
  }, []);
  return [place, move];
}
