// Numbers and times as people who trade write them.

const LENGTHS = [[86_400, "d"], [3_600, "h"], [60, "m"]];

export function resolutionName(seconds) {
  const [length, unit] = LENGTHS.find(([one]) => seconds % one === 0) ?? [1, "s"];
  return `${seconds / length}${unit}`;
}

// Prices too small for eight decimals are written with so many significant digits.
const SIGNIFICANT = 4;
const MOST_DECIMALS = 20;

/** Return how many decimals prices like these are written with. */
export function decimalsOf(prices) {
  let most = 0;
  let least = 0;
  for (const price of prices) {
    const [digits, exponent = "0"] = String(price).split("e");
    const decimals = (digits.split(".")[1] ?? "").length;
    most = Math.max(most, decimals - Number(exponent));
    if (price > 0 && price < 1) least = Math.max(least, SIGNIFICANT - 1 - Math.floor(Math.log10(price)));
  }
  return Math.min(Math.max(Math.min(most, 8), least > 8 ? least : 0), MOST_DECIMALS);
}

export const number = (value, decimals = 2) =>
  isNumber(value)
    ? value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
    : "–";

/** A number with as many digits as tell something: 12,345 or 0.001234. */
export const short = (value, digits = 4) =>
  isNumber(value) ? value.toLocaleString("en-US", { maximumSignificantDigits: Math.max(digits, whole(value)) }) : "–";

const whole = (value) => Math.min(21, Math.max(1, Math.ceil(Math.log10(Math.abs(value) + 1))));

export const count = (value) => (isNumber(value) ? Math.round(value).toLocaleString("en-US") : "–");

export const percent = (share, decimals = 1) =>
  isNumber(share) ? `${number(share * 100, decimals)}%` : "–";

/** A number with its sign, which is a real minus; one that rounds to 0 has none. */
export function signed(value, decimals = 2, unit = "") {
  if (!isNumber(value)) return "–";
  const text = number(Math.abs(value), decimals);
  const sign = !/[1-9]/.test(text) ? "" : value < 0 ? "−" : "+";
  return `${sign}${text}${unit}`;
}

/** A share with its sign, as changes are written. */
export const signedPercent = (share, decimals = 2) =>
  isNumber(share) ? signed(share * 100, decimals, "%") : "–";

export const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

let local = false;

/** Write times by the clock of the reader from now on, or by UTC again. */
export function useLocalTime(on) {
  local = on;
}

export const isLocalTime = () => local;

// An instant whose UTC reads as the reader's clock does.
const shown = (date) => (local ? new Date(date.getTime() - date.getTimezoneOffset() * 60_000) : date);

/** 2025-01-01 04:00 from ISO text, epoch seconds or a Date. */
export function when(value, seconds = false) {
  if (value === null || value === undefined) return "–";
  const date = typeof value === "number" ? new Date(value * 1_000) : new Date(value);
  if (Number.isNaN(date.getTime())) return "–";
  return shown(date).toISOString().slice(0, seconds ? 19 : 16).replace("T", " ");
}

export const clock = (value) => shown(new Date(value)).toISOString().slice(11, 19);

/** How long ago, in one unit: "12 s", "3 min", "2 h", "5 d". */
export function ago(value) {
  if (!value) return "never";
  return `${span((Date.now() - Date.parse(value)) / 1_000)} ago`;
}

export function span(seconds) {
  if (!isNumber(seconds)) return "–";
  const length = Math.max(0, seconds);
  if (length < 90) return `${Math.round(length)} s`;
  if (length < 5_400) return `${Math.round(length / 60)} min`;
  if (length < 172_800) return `${Math.round(length / 3_600)} h`;
  return `${Math.round(length / 86_400)} d`;
}

export const seconds = (iso) => Math.floor(Date.parse(iso) / 1_000);
