// Where we are (breadcrumb) and what lies below (list): ways to drill down without a mouse.

import { el, fill, icon } from "./dom.js";
import { HALF_A_TENTH, change } from "./overview.js";
import { colourOn, theme } from "./palette.js";
import * as state from "./state.js";
import { count, differenceInPoints, percent, t } from "./words.js";

function follow(code) {
  return (event) => {
    event.preventDefault();
    state.set({ unit: code, finding: null });
  };
}

/** Write the breadcrumb: every unit from the top of the account's area down to the present one. */
export function showTrail(place, trail) {
  const steps = trail.map((unit, position) => {
    const last = position === trail.length - 1;
    const name = el("span", { text: unit.name, dir: "auto" });
    const step = last
      ? el("span", { "aria-current": "page" }, name)
      : el("a", { href: state.address({ unit: unit.code, finding: null }), on: { click: follow(unit.code) } }, name);
    return el("li", { class: `breadcrumb-item${last ? " active" : ""}` }, step);
  });
  fill(place, ...steps);
}

function bar(share) {
  const track = el("span", { class: "bar", "aria-hidden": "true" });
  const part = el("span", { class: "bar-part" });
  part.style.width = `${(share ?? 0) * 100}%`;
  part.style.backgroundColor = share < 0.95 ? colourOn(theme.index, share) : "#8fbbe0";
  track.append(part);
  return track;
}

/** Write the units one level down, lowest index first. */
export function showUnits(place, status, children) {
  status.textContent = count(children.length);
  if (children.length === 0) {
    fill(place, el("li", { class: "empty" }, icon("info-circle"), el("span", { text: t("A grid is the smallest unit.") })));
    return;
  }
  const points = (delta) => t("{points} points", { points: differenceInPoints(delta) });
  const rows = children.map((unit) =>
    el(
      "li",
      {},
      el(
        "a",
        { class: "unit-row", href: state.address({ unit: unit.code, finding: null }), on: { click: follow(unit.code) } },
        el("span", { class: "unit-row-name", text: unit.name, dir: "auto" }),
        el("span", { class: "unit-row-index", text: percent(unit.index) }),
        bar(unit.index),
        el(
          "span",
          { class: "unit-row-second" },
          el("span", { text: t("{count} blind areas", { count: count(unit.findings) }) }),
          el("span", { text: t("{count} households", { count: count(unit.households) }) }),
          Math.abs(unit.index - unit.index_before) < HALF_A_TENTH ? null : change(unit.index, unit.index_before, 1, points, HALF_A_TENTH),
        ),
      ),
    ),
  );
  fill(place, ...rows);
}
