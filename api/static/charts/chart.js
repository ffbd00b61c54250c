// A Lightweight Charts chart in our colours, reachable by keyboard.

import { isLocalTime, number, when } from "../parts/format.js";
import { colour, onTheme } from "../parts/theme.js";

const { createChart, CrosshairMode } = window.LightweightCharts;
const PAN_SHARE = 0.15;
const ZOOM = 1.3;

/** Make a chart that fills `element`; it ends with `signal`, and follows the theme. */
export function makeChart(element, signal, { label, logo = true } = {}) {
  const chart = createChart(element, { autoSize: true, ...options(), ...withLogo(logo) });
  // The canvas says nothing to a screen reader; the tables beside it do.
  element.setAttribute("role", "application");
  element.setAttribute("aria-roledescription", "chart");
  element.setAttribute("aria-label", `${label}. Arrow keys move, plus and minus zoom, End goes to the newest.`);
  element.tabIndex = 0;
  element.addEventListener("keydown", (event) => moveByKey(chart, event));
  const ended = onTheme(() => chart.applyOptions(options()));
  signal.addEventListener("abort", () => {
    ended();
    chart.remove();
  }, { once: true });
  return chart;
}

const withLogo = (logo) => ({ layout: { ...options().layout, attributionLogo: logo } });

function options() {
  const line = colour("line");
  return {
    layout: {
      background: { color: colour("panel") }, textColor: colour("muted"), fontSize: 11,
      fontFamily: getComputedStyle(document.body).fontFamily,
      panes: { separatorColor: line, separatorHoverColor: line },
    },
    grid: { vertLines: { color: colour("grid") }, horzLines: { color: colour("grid") } },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: colour("flat"), labelBackgroundColor: colour("raised") },
      horzLine: { color: colour("flat"), labelBackgroundColor: colour("raised") },
    },
    rightPriceScale: { borderColor: line },
    timeScale: {
      borderColor: line, timeVisible: true, secondsVisible: false, rightOffset: 6,
      // All of a long history fits in; candles that share a pixel are drawn as one.
      minBarSpacing: 0.02, enableConflation: true,
      // Its own marks are those of UTC.
      ...(isLocalTime() && { tickMarkFormatter: (time, kind) => localMark(time, kind) }),
    },
    localization: { locale: "en-GB", timeFormatter: (time) => when(time) },
  };
}

const LEAST_TIME = 3;
const localMark = (time, kind) => (kind < LEAST_TIME ? when(time).slice(5) : when(time).slice(11));

function moveByKey(chart, event) {
  const scale = chart.timeScale();
  const range = scale.getVisibleLogicalRange();
  const length = range ? range.to - range.from : 0;
  const moves = {
    ArrowLeft: () => shift(-length * PAN_SHARE),
    ArrowRight: () => shift(length * PAN_SHARE),
    "+": () => zoom(1 / ZOOM),
    "=": () => zoom(1 / ZOOM),
    "-": () => zoom(ZOOM),
    End: () => scale.scrollToRealTime(),
  };
  if (!range || !(event.key in moves)) return;
  event.preventDefault();
  moves[event.key]();

  function shift(by) {
    scale.setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
  }
  function zoom(factor) {
    scale.setVisibleLogicalRange({ from: range.to - length * factor, to: range.to });
  }
}

/** How prices with so many decimals are written on the axis. */
export const priceFormat = (decimals) => ({
  type: "custom", minMove: 10 ** -decimals, formatter: (price) => number(price, decimals),
});
