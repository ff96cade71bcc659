'use client';
// Lines over time (uPlot), for what moves while it is seen. Load it with next/dynamic. Colours come from the tokens and follow the theme.
import { useEffect, useRef, useState } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useFormats } from '../language/language.tsx';
import type { Formats } from '../language/formats.ts';

export interface Series {
  readonly title: string;
  /** A token: `--good-bar`. */
  readonly color: string;
  readonly values: readonly (number | null)[];
  /** For who sees no colours: lines differ. */
  readonly dash?: readonly number[];
}
export interface TimeChartProps {
  /** Read aloud. */
  readonly label: string;
  /** Seconds since 1970, rising. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly heightPx?: number;
  format?(value: number, formats: Formats): string;
}

export function TimeChart({ label, times, series, heightPx = 160, format = (value, { compact }) => compact(value) }: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot>(undefined);
  const formats = useFormats();
  const theme = useThemeCount();
  const shape = series.map(({ title, color, dash }) => `${title} ${color} ${dash?.join('-') ?? ''}`).join('|');
  const latest = useRef({ series, times, format });
  useEffect(() => {
    latest.current = { series, times, format };
  });
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const plot = new UPlot(
      optionsOf(element, latest.current.series, heightPx, (value) => latest.current.format(value, formats), formats),
      dataOf(latest.current),
      element,
    );
    chart.current = plot;
    const watching = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: heightPx }));
    watching.observe(element);
    return () => {
      watching.disconnect();
      plot.destroy();
      chart.current = undefined;
    };
  }, [shape, heightPx, formats, theme]);
  useEffect(() => {
    chart.current?.setData(dataOf({ times, series }));
  }, [times, series]);
  return <div ref={box} role="img" aria-label={label} className="w-full" style={{ height: heightPx }} />;
}

const dataOf = ({ times, series }: Pick<TimeChartProps, 'times' | 'series'>): UPlot.AlignedData =>
  [times, ...series.map(({ values }) => values)] as unknown as UPlot.AlignedData;

function optionsOf(element: HTMLElement, series: readonly Series[], height: number, show: (value: number) => string, formats: Formats): UPlot.Options {
  const ink = colorOf(element, '--ink-faint');
  const line = colorOf(element, '--line');
  const axis: UPlot.Axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: `11px ${getComputedStyle(element).fontFamily}` };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, values: (_plot, splits) => splits.map((at) => formats.time(new Date(at * 1000))) },
      { ...axis, size: 44, values: (_plot, splits) => splits.map(show) },
    ],
    series: [
      {},
      ...series.map(({ title, color, dash }) => ({
        label: title,
        stroke: colorOf(element, color),
        width: 1.5,
        points: { show: false },
        ...(dash !== undefined && { dash: [...dash] }),
      })),
    ],
  };
}

/** The colour that a token has now: a canvas knows no variables. */
function colorOf(element: HTMLElement, token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Rises when the theme changes, by choice or by the system. */
function useThemeCount(): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    const rise = (): void => setCount((before) => before + 1);
    system.addEventListener('change', rise);
    window.addEventListener('palace-theme', rise);
    return () => {
      system.removeEventListener('change', rise);
      window.removeEventListener('palace-theme', rise);
    };
  }, []);
  return count;
}
