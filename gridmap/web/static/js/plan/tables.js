// Figures before and after, as rows that anybody can read.

import { el } from "../dom.js";
import { area, count, t } from "../words.js";

const one = (value, digits = 0) => (value === null || value === undefined ? "–" : value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits }));

/** key, heading, text of the value */
export const FIGURES = [
  ["households", () => t("Households"), (value) => count(value)],
  ["compounds", () => t("Compounds"), (value) => count(value)],
  ["members", () => t("Members reporting in"), (value) => count(value)],
  ["workers", () => t("Workers"), (value) => count(value)],
  ["cases_per_month", () => t("Cases per month"), (value) => one(value, 1)],
  ["area_m2", () => t("Area"), (value) => (value === null || value === undefined ? "–" : area(value))],
  ["compactness", () => t("Compactness"), (value) => one(value, 2)],
  ["longest_walk_m", () => t("Longest walk, straight line"), (value) => (value === null || value === undefined ? "–" : `${one(value)} m`)],
];

export const bandName = (band) => ({ below: t("below the norm"), inside: t("inside the norm"), above: t("above the norm") })[band] ?? "";

export function bandBadge(band) {
  return band ? el("span", { class: `band band-${band}`, text: bandName(band) }) : null;
}

/** One grid before → after; figures that stay are quiet. */
export function changeCard({ code, name, before, after, band_after: band }) {
  const fate = before === null ? t("new grid") : after === null ? t("dissolved") : null;
  return el(
    "article",
    { class: "change-card" },
    el("header", {}, el("b", { text: name, dir: "auto" }), el("span", { class: "code", text: code.slice(12) || code }), fate ? el("span", { class: "badge", text: fate }) : null, bandBadge(band)),
    el(
      "dl",
      {},
      ...FIGURES.flatMap(([key, heading, text]) => {
        const was = before?.[key];
        const now = after?.[key];
        const same = text(was) === text(now);
        return [
          el("dt", { text: heading() }),
          el("dd", { class: same ? "same" : "moved" }, same ? text(now) : el("span", {}, el("s", { text: text(was) }), " → ", el("b", { text: text(now) }))),
        ];
      }),
    ),
  );
}
