// A value once it has stopped changing: what is asked for while somebody types is asked for once.

import { useEffect, useState } from "react";

const QUIET = 400; // milliseconds

export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), QUIET);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
