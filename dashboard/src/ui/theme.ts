// Light or dark: chosen here, else as the system has it.

import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

const system = typeof matchMedia === "undefined" ? null : matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function kept(): string | null {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

function show(theme: Theme) {
  document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

system?.addEventListener("change", () => kept() ?? show(system.matches ? "dark" : "light"));

/** Show a theme and remember the choice. */
export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // it lasts as long as the page
  }
  show(theme);
}

export const useTheme = (): Theme =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light"),
  );
