// What a manifest states of a version, as rows to show. Pure: what has another form is left out.

import { capital } from "@/words/format";

export interface Interval {
  value: number;
  low: number;
  high: number;
}

export interface Bin {
  rows: number;
  accuracy: number;
  confidence: number;
}

export interface Report {
  name: string;
  rows: number;
  figures: { name: string; figure: Interval }[];
  reliability: Bin[];
  calibrationError: Interval | null;
}

const FIGURES = { macro_recall: "macro recall", macro_f1: "macro F1", accuracy: "accuracy" } as const;

type Anything = Record<string, unknown>;

const isObject = (value: unknown): value is Anything => typeof value === "object" && value !== null;

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function interval(value: unknown): Interval | null {
  if (!isObject(value) || !isNumber(value.value)) return null;
  return {
    value: value.value,
    low: isNumber(value.low) ? value.low : 0,
    high: isNumber(value.high) ? value.high : 1,
  };
}

const isBin = (value: unknown): value is Bin =>
  isObject(value) && isNumber(value.rows) && isNumber(value.accuracy) && isNumber(value.confidence);

const SETS: Record<string, string> = { dev: "validation texts", test: "test texts", gate: "gate texts" };

/** "sentiment/dev" as people say it. */
function titleOf(name: string): string {
  const [head = "", set = ""] = name.split("/");
  return capital(set ? `${head}, ${SETS[set] ?? set}` : head).replaceAll("_", " ");
}

/** Return one report for each set of texts a version was measured on. */
export function reportsOf(metrics: Anything): Report[] {
  return Object.entries(metrics).flatMap(([name, value]) => {
    if (!isObject(value)) return [];
    const figures = Object.entries(FIGURES).flatMap(([key, name]) => {
      const figure = interval(value[key]);
      return figure ? [{ name, figure }] : [];
    });
    if (!figures.length) return [];
    return [
      {
        name: titleOf(name),
        rows: isNumber(value.rows) ? value.rows : 0,
        figures,
        reliability: Array.isArray(value.reliability) ? value.reliability.filter(isBin) : [],
        calibrationError: interval(value.calibration_error),
      },
    ];
  });
}
