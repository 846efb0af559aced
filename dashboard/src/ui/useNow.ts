// The time, for words like "3 min ago".

import { useEffect, useState } from "react";

/** Return the time in milliseconds, anew every `every` milliseconds while the page is seen. */
export function useNow(every = 5000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
