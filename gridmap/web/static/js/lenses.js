// The lens chooser, grouped by the three kinds of blindness.

import { el, fill } from "./dom.js";
import { blindnessTitle } from "./legend.js";
import { swatch } from "./palette.js";
import { count, t } from "./words.js";

const ABOUT = {
  ground: () => t("Ground that no grid covers, or that several do."),
  job: () => t("A grid, post or case that nobody answers for."),
  near: () => t("People for whom nobody is within reach."),
};

function choice(lens, chosen, choose, comparing) {
  const isChosen = lens.name === chosen;
  const parts = [lens.fresh ? `+${count(lens.fresh)}` : null, lens.cured ? `−${count(lens.cured)}` : null];
  const states = comparing ? parts.filter(Boolean).join(" ") : "";
  return el(
    "button",
    {
      type: "button",
      class: `lens${isChosen ? " is-chosen" : ""}${lens.count ? "" : " is-clear"}`,
      "aria-pressed": String(isChosen),
      title: lens.question,
      data: { lens: lens.name },
      on: { click: () => choose(isChosen ? null : lens.name) },
    },
    el("span", { class: "lens-title", text: lens.title }),
    lens.must ? el("span", { class: "must", text: t("must"), title: t("Counts towards the coverage index") }) : null,
    states ? el("span", { class: "lens-states", text: states, title: t("new and cured since the compared run") }) : null,
    el("span", { class: "lens-count", text: count(lens.count) }),
  );
}

/** Write the chooser; `choose(name or null)` is called on a choice. */
export function showLenses(place, lenses, chosen, choose, comparing) {
  const all = el(
    "button",
    {
      type: "button",
      class: `lens lens-all${chosen ? "" : " is-chosen"}`,
      "aria-pressed": String(!chosen),
      on: { click: () => choose(null) },
    },
    el("span", { class: "lens-title", text: t("All lenses: coverage index") }),
    el("span", { class: "lens-count", text: count(lenses.reduce((sum, lens) => sum + lens.count, 0)) }),
  );
  const groups = ["ground", "job", "near"].map((kind) => {
    const own = lenses.filter((lens) => lens.blindness === kind);
    if (own.length === 0) return null;
    return el(
      "section",
      { class: "lens-group", "aria-label": blindnessTitle(kind) },
      el("h3", { title: ABOUT[kind]() }, swatch(kind), el("span", { text: blindnessTitle(kind) })),
      el("p", { class: "lens-about", text: ABOUT[kind]() }),
      ...own.map((lens) => choice(lens, chosen, choose, comparing)),
    );
  });
  const current = lenses.find((lens) => lens.name === chosen);
  const question = current ? el("p", { class: "question", text: current.question }) : null;
  fill(place, all, question, ...groups);
}
