// The trend as ECharts draws it. Pure: data and colours in, one option out; every text is text, never HTML.

import { capital, count, percent } from "@/words/format";
import type { Mark, Point } from "./series";

export interface Palette {
  ink: string;
  soft: string;
  line: string;
  card: string;
  positive: string;
  neutral: string;
  negative: string;
  warn: string;
}

export interface Trend {
  points: readonly Point[];
  models: readonly Mark[];
  alerts: readonly Mark[];
  label: (at: string) => string;
}

type Side = "positive" | "negative";

/** Return the option of the trend: two shares with their bands over the posts that were counted. */
export function trendOption({ points, models, alerts, label }: Trend, palette: Palette) {
  const axis = points.map(({ at }) => label(at));
  return {
    animation: false,
    aria: { enabled: false }, // a table beside the chart says it better
    textStyle: { fontFamily: "inherit", color: palette.soft },
    tooltip: {
      trigger: "axis" as const,
      renderMode: "richText" as const,
      backgroundColor: palette.card,
      borderColor: palette.line,
      textStyle: { color: palette.ink, fontSize: 12 },
      formatter: (shown: { dataIndex: number }[]) => describe(points[shown[0]?.dataIndex ?? -1], label),
    },
    axisPointer: { link: [{ xAxisIndex: "all" as const }] },
    grid: [
      { left: 44, right: 12, top: 22, height: "62%" },
      { left: 44, right: 12, top: "76%", bottom: 26 },
    ],
    xAxis: [0, 1].map((gridIndex) => ({
      type: "category" as const,
      gridIndex,
      data: axis,
      axisLine: { lineStyle: { color: palette.line } },
      axisTick: { show: false },
      axisLabel: { show: gridIndex === 1, color: palette.soft, fontSize: 11, hideOverlap: true },
    })),
    yAxis: [
      shareAxis(palette),
      {
        gridIndex: 1,
        splitNumber: 1,
        minInterval: 1,
        axisLabel: { color: palette.soft, fontSize: 11, hideOverlap: true },
        splitLine: { show: false },
      },
    ],
    series: [
      ...side("positive", points, palette, "solid"),
      ...side("negative", points, palette, "dashed"),
      marked(points, models, alerts, palette),
      {
        name: "posts",
        type: "bar" as const,
        xAxisIndex: 1,
        yAxisIndex: 1,
        data: points.map((point) => point.posts),
        itemStyle: { color: palette.neutral, opacity: 0.65 },
        barCategoryGap: "20%",
      },
    ],
  };
}

function shareAxis(palette: Palette) {
  return {
    gridIndex: 0,
    min: 0,
    max: 1,
    interval: 0.25,
    axisLabel: { color: palette.soft, fontSize: 11, formatter: (share: number) => percent(share) },
    splitLine: { lineStyle: { color: palette.line } },
  };
}

/** A line and its band; the band is an area between two stacked, invisible lines. */
function side(name: Side, points: readonly Point[], palette: Palette, type: "solid" | "dashed") {
  const bound = {
    type: "line" as const,
    stack: `${name} band`,
    symbol: "none",
    silent: true,
    lineStyle: { opacity: 0 },
  };
  return [
    { ...bound, name: `${name} low`, data: points.map((point) => point[name]?.low ?? null) },
    {
      ...bound,
      name: `${name} high`,
      data: points.map((point) => (point[name] ? point[name].high - point[name].low : null)),
      areaStyle: { color: palette[name], opacity: 0.16 },
    },
    {
      name,
      type: "line" as const,
      symbol: "circle",
      symbolSize: 4,
      showSymbol: points.filter((point) => point[name]).length < 40,
      data: points.map((point) => point[name]?.share ?? null),
      lineStyle: { color: palette[name], width: 2, type },
      itemStyle: { color: palette[name] },
    },
  ];
}

/** Which way the words of a mark go from it. */
function sideOf(index: number, length: number): "left" | "center" | "right" {
  if (index > 0.85 * length) return "right";
  return index < 0.15 * length ? "left" : "center";
}

/** What is marked: gaps as shades, other models and alerts as lines with words. */
function marked(
  points: readonly Point[],
  models: readonly Mark[],
  alerts: readonly Mark[],
  palette: Palette,
) {
  const line = (color: string, type: "dotted" | "solid") => (mark: Mark) => ({
    xAxis: mark.index,
    lineStyle: { color, type, width: 1.5 },
    label: {
      formatter: mark.words,
      color,
      fontSize: 11,
      position: "end" as const,
      align: sideOf(mark.index, points.length), // or it would be cut off at the edge
    },
  });
  return {
    name: "marks",
    type: "bar" as const,
    silent: true,
    barWidth: "100%",
    itemStyle: { color: palette.soft, opacity: 0.16 },
    data: points.map(({ complete }) => (complete ? null : 1)),
    markLine: {
      symbol: "none",
      data: [...models.map(line(palette.soft, "dotted")), ...alerts.map(line(palette.negative, "solid"))],
    },
  };
}

/** A point in words: for the tooltip, and for people who go through the chart by keyboard. */
export function describe(point: Point | undefined, label: (at: string) => string): string {
  if (!point) return "";
  const line = (name: Side) => {
    const share = point[name];
    return share
      ? `${capital(name)} ${percent(share.share)} (${percent(share.low)} to ${percent(share.high)})`
      : "";
  };
  const posts = `${count(point.posts)} posts${point.complete ? "" : ", not complete"}`;
  return [label(point.at), line("positive"), line("negative"), posts].filter(Boolean).join("\n");
}
