// What the pages read, by name: one key for each path, so that one answer serves all who ask.

import { keepPreviousData, type UseQueryOptions, useQuery } from "@tanstack/react-query";
import { type Answer, ask, type get } from "./client";
import { pathOf, type Query } from "./path";

const IDLE = 30_000; // milliseconds; what happens is told by the live feed, this is for what it does not tell

/** Groups of answers that become old together. */
export type Group = "views" | "alerts" | "topics" | "models" | "status" | "labels" | "jobs" | "saved";

type More<T> = Partial<UseQueryOptions<T>>;

/** Read a path that the document may not name, and read it again by itself. */
export function useAsk<T>(group: Group, path: string, more: More<T> = {}) {
  return useQuery<T>({
    queryKey: [group, path],
    queryFn: ({ signal }) => ask<T>(path, { signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]) }),
    refetchInterval: IDLE,
    placeholderData: keepPreviousData,
    ...(more as object),
  });
}

type Got = Parameters<typeof get>[0];

/** Read a path of the document. */
export const useGet = <P extends Got>(group: Group, path: P, query: Query = {}, more: More<Answer<P>> = {}) =>
  useAsk<Answer<P>>(group, pathOf(path, query), more);
