// The legend: always says which blindness the map shows.

import { el, fill } from "./dom.js";
import { chip, swatch, theme } from "./palette.js";
import { percent, t } from "./words.js";

const BLINDNESSES = ["ground", "job", "near"];

/** What each of the three kinds of blindness is called. */
export function blindnessTitle(kind) {
  return { ground: t("Nobody's ground"), job: t("Nobody's job"), near: t("Nobody near") }[kind];
}

function classes(ramp) {
  const { bounds, colours } = ramp;
  return colours.map((colour, place) => {
    const low = place === 0 ? null : bounds[place - 1];
    const high = place === bounds.length ? null : bounds[place];
    return { colour, low, high };
  });
}

function indexRows() {
  return classes(theme.index)
    .reverse()
    .map(({ colour, low, high }) => {
      let text = t("{low} – {high}", { low: percent(low), high: percent(high) });
      if (low === null) text = t("under {high}", { high: percent(high) });
      else if (high === null) text = t("all households");
      else if (high > 0.99) text = t("{low} and more", { low: percent(low) });
      return row(chip(colour), text);
    });
}

function touchedRows() {
  return classes(theme.touched).map(({ colour, low, high }) => {
    let text = t("{low} – {high}", { low: percent(low), high: percent(high) });
    if (low === null) text = t("none");
    else if (high === null) text = t("{low} and more", { low: percent(low) });
    else if (low < 0.001) text = t("under {high}", { high: percent(high) });
    return row(chip(colour), text);
  });
}

const row = (sample, text) => el("li", {}, sample, el("span", { text }));

/** Write the legend for a lens (or null for the index) into `place`; `comparing` adds the states. */
export function showLegend(place, lens, lenses, comparing) {
  const shown = lens ? [lens.blindness] : BLINDNESSES.filter((kind) => lenses.some((each) => each.blindness === kind));
  const blind = shown.map((kind) => row(swatch(kind), blindnessTitle(kind)));
  const states = comparing ? [row(swatchOf("new"), t("new")), row(swatchOf("cured"), t("cured"))] : [];
  fill(
    place,
    el("div", { class: "legend-title", text: lens ? t("Blind areas") : t("Blind areas of the “must” lenses") }),
    el("ul", { class: "legend-rows" }, ...blind, ...states),
    el("div", { class: "legend-title", text: lens ? t("Households touched, by grid") : t("Coverage index, by grid") }),
    el("ul", { class: "legend-rows" }, ...(lens ? touchedRows() : indexRows())),
  );
}

const swatchOf = (state) => el("span", { class: `swatch-state swatch-${state}`, "aria-hidden": "true" });

/** Name what the map shows, in one line. */
export function showSubject(place, lens) {
  const what = lens ? lens.title : t("Coverage index");
  const blindness = lens ? blindnessTitle(lens.blindness) : t("All three kinds of blindness");
  fill(
    place,
    lens ? swatch(lens.blindness) : null,
    el("span", { class: "subject-blindness", text: blindness }),
    el("span", { class: "subject-lens", text: what }),
  );
}
