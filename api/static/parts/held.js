// What candles the server holds, and the choice of one series, which all pages share.

import { get, Refused } from "./api.js";
import { h } from "./dom.js";
import { resolutionName } from "./format.js";
import { searchBox } from "./search.js";
import { empty } from "./states.js";

const CHOICE = "tickcast-series";
const NAMES = "/api/symbols";

export const sameSeries = (one, other) =>
  one.platform === other.platform && one.symbol === other.symbol && one.resolution === other.resolution;

export const seriesText = (one) => `${one.platform} ${one.symbol} ${resolutionName(one.resolution)}`;

/** Return all series held, each with the `name` that users say its market by: BTCUSD, XAUUSD. */
export async function heldSeries(signal) {
  const [{ series }, names] = await Promise.all([get("/candles", {}, signal), marketNames(signal)]);
  return series.map((one) => ({ ...one, name: names.get(marketKey(one.platform, one.symbol)) ?? one.symbol }));
}

async function marketNames(signal) {
  const { details } = await get(NAMES, {}, signal).catch(withoutNames);
  return new Map(details.map(({ symbol, platform, raw }) => [marketKey(platform, raw), symbol]));
}

/** A process may be without that route: markets then go by the symbols of their platforms. */
function withoutNames(error) {
  if (error instanceof Refused && error.status === 404) return { details: [] };
  throw error;
}

const marketKey = (platform, symbol) => `${platform}:${symbol}`;

/**
 * Return the series of the address, else the one looked at last, else the longest of today's.
 * Null if the address names one of which no candles are held: no other is shown in its place.
 */
export function chosenSeries(held, parameters) {
  const asked = {
    platform: parameters.get("platform"),
    symbol: parameters.get("symbol"),
    resolution: Number(parameters.get("resolution")),
  };
  if (asked.symbol) return held.find((one) => isAsked(one, asked)) ?? null;
  const remembered = JSON.parse(sessionStorage.getItem(CHOICE) ?? "null");
  return (
    held.find((one) => remembered && sameSeries(one, remembered)) ??
    [...held].sort((one, other) => day(other) - day(one) || other.count - one.count)[0]
  );
}

const isAsked = (one, { platform, symbol, resolution }) =>
  [one.name, one.symbol].includes(symbol) && (!platform || one.platform === platform) &&
  (!resolution || one.resolution === resolution);

/** What the address asks for, in words. */
export const askedText = (parameters) => {
  const length = Number(parameters.get("resolution"));
  return [parameters.get("platform"), parameters.get("symbol"), length ? resolutionName(length) : null].filter(Boolean).join(" ");
};

/** Says that no candles are held of what the address asks for, beside the choice of what there is. */
export function notHeld(held, parameters, chose) {
  const text = "Check the address, or choose one of the series that are held.";
  return h("section.panel", {}, h("div.body", {}, seriesPicker(held, null, chose)),
    empty(`No candles of ${askedText(parameters)}`, text));
}

const day = ({ last }) => Math.floor(Date.parse(last) / 86_400_000);

/** Note the choice in the address, so that the page can be linked to and reloaded. */
export function rememberSeries(page, { platform, symbol, resolution }) {
  sessionStorage.setItem(CHOICE, JSON.stringify({ platform, symbol, resolution }));
  const text = new URLSearchParams({ platform, symbol, resolution }).toString();
  history.replaceState(null, "", `#/${page}?${text}`);
}

/** Markets by search and a row of resolutions; `chose` is called with the series. */
export function seriesPicker(held, chosen, chose) {
  const markets = [...new Set(held.map(marketName))].sort();
  const search = searchBox("Market", markets, chosen && marketName(chosen), (name) => {
    const inMarket = held.filter((one) => marketName(one) === name);
    chose(inMarket.find((one) => one.resolution === chosen?.resolution) ?? inMarket[0]);
  });
  if (!chosen) return search;
  const lengths = held
    .filter((one) => marketName(one) === marketName(chosen))
    .sort((one, other) => one.resolution - other.resolution);
  return h("div.row", {}, search, segments("Resolution", lengths.map((one) => ({
    text: resolutionName(one.resolution),
    pressed: one.resolution === chosen.resolution,
    press: () => chose(one),
  }))));
}

/** Buttons of which one is pressed. */
export function segments(label, choices) {
  return h(
    "div.segments", { role: "group", "aria-label": label },
    choices.map(({ text, pressed, press }) =>
      h("button", { type: "button", "aria-pressed": String(pressed), onclick: press }, text)),
  );
}

/** The name that users say, and whose market it is: `BTCUSD · coinbase:BTC-USD`, `XAUUSD · file`. */
const marketName = ({ name, platform, symbol }) =>
  `${name} · ${name === symbol ? platform : marketKey(platform, symbol)}`;
