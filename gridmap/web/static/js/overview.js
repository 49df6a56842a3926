// The figures of a unit: its coverage index, what the blind areas touch, and what changed.

import { el, fill, svg } from "./dom.js";
import { count, difference, differenceInPoints, percent, t } from "./words.js";

/** The index is shown to a tenth of a percent: a smaller change reads as none. */
export const HALF_A_TENTH = 0.0005;
const RADIUS = 34;
const ROUND = 2 * Math.PI * RADIUS;

function ring(share) {
  const part = share === null || share === undefined ? 0 : share;
  const circle = { cx: 42, cy: 42, r: RADIUS, fill: "none", "stroke-width": 9 };
  return svg(
    "svg",
    { class: "index-ring", viewBox: "0 0 84 84", width: 84, height: 84, "aria-hidden": "true" },
    svg("circle", { ...circle, class: "index-ring-rest" }),
    svg("circle", {
      ...circle,
      class: "index-ring-part",
      "stroke-dasharray": `${part * ROUND} ${ROUND}`,
      transform: "rotate(-90 42 42)",
    }),
  );
}

/** A change since the compared run; `good` is the sign that is good news, `least` the smallest that shows. */
export function change(now, before, good, format = difference, least = 0.5) {
  if (before === null || before === undefined || now === null || now === undefined) return null;
  const delta = now - before;
  const mood = Math.abs(delta) < least ? "same" : Math.sign(delta) === good ? "better" : "worse";
  const text = mood === "same" ? t("unchanged") : format(delta);
  return el("span", { class: `change change-${mood}`, text });
}

function figure(label, value, delta = null) {
  return el("div", { class: "figure" }, el("dt", { text: label }), el("dd", {}, el("span", { text: value }), delta));
}

/** Write the overview of a unit. */
export function showOverview(place, { unit, figures, before, compare }) {
  const then = before ?? {};
  const moved = change(figures.index, then.index, 1, (delta) => t("{points} points", { points: differenceInPoints(delta) }), HALF_A_TENTH);
  fill(
    place,
    el("h1", { class: "unit-name", text: unit.name, dir: "auto" }),
    el("div", { class: "unit-code" }, el("span", { text: unit.level_name }), el("span", { class: "code", text: unit.code })),
    el(
      "div",
      { class: "index-card" },
      ring(figures.index),
      el(
        "div",
        {},
        el("div", { class: "index-label", text: t("Coverage index") }),
        el("div", { class: "index-value", id: "index-value", text: percent(figures.index) }),
        moved,
      ),
    ),
    el("p", { class: "definition", text: t("The share of households touched by no blind area of the “must” lenses.") }),
    el(
      "dl",
      { class: "figures" },
      figure(t("Households"), count(figures.households)),
      figure(t("Households touched"), count(figures.touched), change(figures.touched, then.touched, -1)),
      figure(t("Blind areas"), count(figures.findings), change(figures.findings, then.findings, -1)),
      compare
        ? figure(t("New / cured"), `${count(figures.fresh)} / ${count(figures.cured)}`)
        : figure(t("Grids"), count(figures.grids)),
    ),
  );
}
