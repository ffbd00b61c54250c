// Operations: whether every part does its work, and what went wrong.

import { h, show } from "../parts/dom.js";
import { feedsPanel } from "./feeds.js";
import { heldSeries } from "../parts/held.js";
import { keepFilled, part } from "../parts/kept_filled.js";
import { errorsPart, gapsPart, qualityPart, quarantinePart, tasksPart, watchPart } from "./operations_lists.js";
import { healthPart, workersPart } from "./operations_parts.js";

const REFRESH_MS = 4_000;

export async function open(main, parameters, signal) {
  const held = await heldSeries(signal).catch(() => []);
  const traded = markets(held.filter((one) => one.traded));
  const parts = {
    health: part("Health", () => healthPart()),
    workers: part("Workers and queues", () => workersPart()),
    tasks: part("Tasks", () => tasksPart(signal)),
    errors: part("Recent errors", () => errorsPart(signal)),
    watch: part("Watch-list", () => watchPart(signal)),
    gaps: part("Gaps", () => gapsPart(traded, signal)),
    quality: part("Candles that differ", () => qualityPart(traded, signal)),
    quarantine: part("Quarantine", () => quarantinePart(markets(held), signal)),
  };
  const two = (...panels) => h("div.grid.two", {}, panels);
  show(
    main, h("h1.hidden-text", {}, "Operations"), parts.health.panel,
    two(feedsPanel(traded, signal), parts.workers.panel), parts.tasks.panel,
    two(parts.errors.panel, parts.watch.panel), two(parts.gaps.panel, parts.quarantine.panel),
    parts.quality.panel,
  );
  await keepFilled(Object.values(parts), REFRESH_MS, signal);
}

const markets = (series) => [...new Map(series.map((one) => [`${one.platform}:${one.symbol}`, one])).values()];
