// The trend in a canvas, gone through by mouse or by keyboard; ECharts draws, and only it knows how.

import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { type ECharts, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type KeyboardEvent, type RefObject, useEffect, useImperativeHandle, useRef, useState } from "react";
import { describe, type Palette, type Trend, trendOption } from "./option";

use([BarChart, LineChart, GridComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

export interface Picture {
  /** Save what is shown as a PNG file. */
  save: (name: string) => void;
}

const NAMES = ["ink", "soft", "line", "card", "positive", "neutral", "negative", "warn"] as const;

function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  ) as unknown as Palette;
}

export default function TrendChart(props: {
  trend: Trend;
  theme: string;
  onPick: (index: number) => void;
  picture: RefObject<Picture | null>;
}) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const pick = useRef(props.onPick);
  const [at, setAt] = useState<number | null>(null);
  const { trend, theme } = props;
  const last = trend.points.length - 1;
  pick.current = props.onPick;

  useEffect(() => {
    if (!host.current) return;
    const made = init(host.current);
    chart.current = made;
    made.getZr().on("click", ({ offsetX, offsetY }) => {
      const grid = [0, 1].find((gridIndex) => made.containPixel({ gridIndex }, [offsetX, offsetY]));
      if (grid === undefined) return;
      const [index] = made.convertFromPixel({ gridIndex: grid }, [offsetX, offsetY]) as unknown as [number];
      pick.current(Math.round(index));
    });
    const resized = new ResizeObserver(() => made.resize());
    resized.observe(host.current);
    return () => {
      resized.disconnect();
      made.dispose();
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    if (host.current)
      chart.current?.setOption(trendOption(trend, paletteOf(host.current)), { notMerge: true });
  }, [trend, theme]);

  useEffect(() => {
    const action = at === null ? { type: "hideTip" } : { type: "showTip", seriesIndex: 2, dataIndex: at };
    chart.current?.dispatchAction(action);
  }, [at]);

  useImperativeHandle(props.picture, () => ({ save: (name) => save(chart.current, host.current, name) }), []);

  const onKeyDown = (event: KeyboardEvent) => {
    const next = moved(event.key, at, last);
    if (next !== undefined) setAt(next);
    else if (event.key === "Enter" && at !== null) props.onPick(at);
    else return;
    event.preventDefault();
  };

  return (
    <div className="chart-frame">
      <div
        ref={host}
        className="chart"
        data-testid="trend"
        data-points={trend.points.filter((point) => point.positive).length}
        role="application"
        aria-label="Shares of positive and negative posts over time. Arrow keys go through the points, Enter shows a point's posts."
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is interactive, see its label
        tabIndex={0}
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
      />
      <p className="hidden" aria-live="polite">
        {at === null ? "" : describe(trend.points[at], trend.label)}
      </p>
    </div>
  );
}

/** Where a key leads from the point `at`; undefined where it leads nowhere. */
function moved(key: string, at: number | null, last: number): number | null | undefined {
  if (key === "ArrowLeft") return Math.max(0, (at ?? last + 1) - 1);
  if (key === "ArrowRight") return Math.min(last, (at ?? last - 1) + 1);
  if (key === "Home") return 0;
  if (key === "End") return last;
  return key === "Escape" ? null : undefined;
}

function save(chart: ECharts | null, host: HTMLElement | null, name: string) {
  if (!chart || !host) return;
  const canvas = chart.renderToCanvas({ pixelRatio: 2, backgroundColor: paletteOf(host).card });
  canvas.toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}
