// Figures of the upload pages: sizes of files, areas before and after.

import { area } from "../words.js";

const locale = document.documentElement.lang;

/** A file's size as people say it. */
export function size(bytes) {
  const [unit, by] = bytes >= 1e9 ? ["GB", 1e9] : bytes >= 1e6 ? ["MB", 1e6] : bytes >= 1e3 ? ["kB", 1e3] : ["B", 1];
  const value = bytes / by;
  return `${value.toLocaleString(locale, { maximumFractionDigits: value < 10 && by > 1 ? 1 : 0 })} ${unit}`;
}

/** How much an area changed, with its sign. */
export function areaChange(before, after) {
  if (before === null || after === null || before === undefined || after === undefined) return "–";
  const change = after - before;
  const share = before > 0 ? (change / before).toLocaleString(locale, { style: "percent", maximumFractionDigits: 2, signDisplay: "exceptZero" }) : null;
  const words = `${change < 0 ? "−" : "+"}${area(Math.abs(change))}`;
  return share ? `${words} (${share})` : words;
}
