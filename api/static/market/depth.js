// Beside the chart: the best levels of the order book, as they are told live.

import { h, show } from "../parts/dom.js";
import { ago, decimalsOf, number, short } from "../parts/format.js";
import { panel, table } from "../parts/table.js";

const SHOWN = 8;
const COLUMNS = [["Bid size", "number"], ["Bid", "number.up"], ["Ask", "number.down"], ["Ask size", "number"]];
const STATES = { live: "good", resyncing: "warn", stale: "warn", waiting: "plain" };
const WHY = {
  resyncing: "The collector missed something and reads the book anew; these levels are the last that were right.",
  stale: "Nobody told of the book for a while; these levels are old. tickcast feed keeps it.",
  waiting: "No book has been told yet. tickcast feed keeps those of Coinbase and Binance.",
};

/** The book's panel: `take` draws one that was told, `refuse` says why there is none. */
export class DepthPanel {
  constructor() {
    this.state = h("span");
    this.body = h("div", {}, h("p.muted.small.body", {}, "Waiting for the order book…"));
    this.element = panel("Order book", this.body, this.state);
    this.element.classList.add("tape");
  }

  take({ bids, asks, timestamp, state = "live" }) {
    show(this.state, h(`span.chip.${STATES[state] ?? "plain"}`, { title: `of ${ago(timestamp)}` }, state));
    const why = WHY[state] ? h("p.muted.small.body", {}, WHY[state]) : null;
    show(this.body, why, bids.length || asks.length ? levels(bids, asks) : null);
  }

  refuse(detail) {
    show(this.state);
    show(this.body, h("p.muted.small.body", {}, detail));
  }
}

function levels(bids, asks) {
  const [best, other] = [bids[0]?.[0], asks[0]?.[0]];
  const decimals = decimalsOf([...bids, ...asks].map(([price]) => price));
  const cell = (level) => (level ? [short(level[1]), number(level[0], decimals)] : ["", ""]);
  const rows = Array.from({ length: Math.min(SHOWN, Math.max(bids.length, asks.length)) }, (_, i) =>
    [...cell(bids[i]), ...cell(asks[i]).reverse()]);
  const spread = best && other ? h("p.small.muted.body", {}, `Spread ${number(other - best, decimals)} (${number((10_000 * (other - best)) / best, 2)} basis points); ${balance(bids, asks)}`) : null;
  return [table("Best levels", COLUMNS, rows), spread];
}

/** Which side holds more within the levels that are told. */
function balance(bids, asks) {
  const sum = (side) => side.reduce((total, [, size]) => total + size, 0);
  const share = sum(bids) / (sum(bids) + sum(asks));
  return `bids hold ${number(100 * share, 0)}% of the sizes told`;
}
