// The panel of one blind area: why, who is touched, what to do.

import { ask, wasCancelled } from "./api.js";
import { el, fill, icon } from "./dom.js";
import { severityName, stateBadge } from "./findings.js";
import { blindnessTitle } from "./legend.js";
import { swatch } from "./palette.js";
import * as state from "./state.js";
import { area, count, t } from "./words.js";

function block(iconName, title, ...content) {
  return el("section", { class: "panel-block" }, el("h3", {}, icon(iconName), el("span", { text: title })), ...content);
}

function unitLink(unit) {
  const words = [el("span", { text: unit.name, dir: "auto" }), el("span", { class: "code", text: unit.code })];
  // A compound or courtyard is no place to go to on this map, nor is a neighbour outside the account's area.
  if (!unit.reachable || !["county", "town", "community", "grid"].includes(unit.level)) {
    return el("div", { class: "unit-link" }, ...words);
  }
  return el(
    "a",
    {
      class: "unit-link",
      href: state.address({ unit: unit.code, finding: null }),
      on: {
        click: (event) => {
          event.preventDefault();
          state.set({ unit: unit.code, finding: null });
        },
      },
    },
    ...words,
  );
}

function fact(label, value) {
  return el("div", { class: "figure" }, el("dt", { text: label }), el("dd", { text: value }));
}

function write(place, finding) {
  const facts = [fact(t("Households touched"), count(finding.households)), fact(t("Open cases"), count(finding.open_cases))];
  if (finding.area_m2 > 0) facts.push(fact(t("Area"), area(finding.area_m2)));
  if (finding.width_m > 0) facts.push(fact(t("Width"), `${finding.width_m.toFixed(finding.width_m < 1 ? 3 : 1)} m`));
  fill(
    place,
    el("button", { type: "button", class: "btn btn-sm panel-back", on: { click: () => state.set({ finding: null }) } },
      icon("arrow-left"), el("span", { text: t("Back to the list") })),
    el("div", { class: "panel-kind" }, swatch(finding.blindness), el("span", { text: blindnessTitle(finding.blindness) })),
    el("h2", { class: "panel-title", tabindex: "-1", text: finding.title }),
    el("div", { class: "panel-badges" },
      el("span", { class: `severity severity-${finding.severity}`, text: t("Severity: {name}", { name: severityName(finding.severity) }) }),
      finding.sliver ? el("span", { class: "state", text: t("sliver"), title: t("So narrow that it is an error of drawing") }) : null,
      stateBadge(finding.state)),
    block("info-circle", t("Why"), el("p", { text: finding.why, dir: "auto" })),
    block("users", t("Who is touched"), el("dl", { class: "figures" }, ...facts),
      finding.units.length ? el("div", { class: "unit-links" }, ...finding.units.map(unitLink)) : null),
    block("check", t("What to do"), el("p", { class: "act", text: finding.act, dir: "auto" })),
    finding.shape ? null : el("p", { class: "note", text: t("This blind area has no place on the map.") }),
  );
  place.querySelector("h2").focus({ preventScroll: true });
}

/** Show a finding in the panel; `located(finding)` is called when it is known, to move the map there. */
export async function showFinding(place, id, located) {
  fill(place, el("div", { class: "placeholder-panel", "aria-busy": "true" }, el("span", { class: "spinner-border" })));
  try {
    const finding = await ask("finding", `findings/${encodeURIComponent(id)}?${state.query()}`);
    write(place, finding);
    located(finding);
  } catch (error) {
    if (wasCancelled(error)) return;
    fill(
      place,
      el("button", { type: "button", class: "btn btn-sm panel-back", on: { click: () => state.set({ finding: null }) } },
        icon("arrow-left"), el("span", { text: t("Back to the list") })),
      el("p", { class: "trouble", role: "alert", text: error.message }),
    );
  }
}
