// The list of blind areas, worst first, by the page.

import { ask, wasCancelled } from "./api.js";
import { el, fill, icon } from "./dom.js";
import { swatch } from "./palette.js";
import * as state from "./state.js";
import { count, t } from "./words.js";

const PAGE = 50;

export const severityName = (severity) => ({ high: t("high"), medium: t("medium"), low: t("low") })[severity];
export const stateName = (name) => ({ new: t("new"), still: t("still there"), cured: t("cured") })[name];

export function stateBadge(name) {
  return name ? el("span", { class: `state state-${name}`, text: stateName(name) }) : null;
}

function item(finding, chosen) {
  const isChosen = String(finding.id) === chosen;
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        class: `finding severity-${finding.severity}${isChosen ? " is-chosen" : ""}`,
        "aria-current": isChosen ? "true" : null,
        data: { finding: finding.id },
        on: { click: () => state.set({ finding: String(finding.id) }) },
      },
      el(
        "span",
        { class: "finding-head" },
        swatch(finding.blindness),
        el("span", { class: "finding-title", text: finding.title }),
        stateBadge(finding.state),
        el("span", { class: `severity severity-${finding.severity}`, text: severityName(finding.severity) }),
      ),
      el("span", { class: "finding-where", text: finding.where, dir: "auto" }),
      el("span", { class: "finding-why", text: finding.why, dir: "auto" }),
      el(
        "span",
        { class: "finding-figures" },
        el("span", {}, icon("home"), el("span", { text: t("{count} households", { count: count(finding.households) }) })),
        finding.open_cases
          ? el("span", {}, icon("list-details"), el("span", { text: t("open cases: {count}", { count: count(finding.open_cases) }) }))
          : null,
      ),
    ),
  );
}

export class FindingList {
  constructor(place, status) {
    this.place = place;
    this.status = status;
    this.shown = [];
  }

  /** Fetch the first page for the present state. */
  async load() {
    fill(this.place, ...Array.from({ length: 6 }, () => el("li", { class: "placeholder-row", "aria-hidden": "true" })));
    this.shown = [];
    await this.more();
  }

  async more() {
    try {
      const page = await ask("findings", `findings?${state.query({ offset: this.shown.length, limit: PAGE })}`);
      this.shown.push(...page.findings);
      this.total = page.total;
      this.draw();
    } catch (error) {
      if (wasCancelled(error)) return;
      fill(this.place, el("li", { class: "trouble", role: "alert", text: error.message }));
    }
  }

  /** Mark the chosen finding without fetching anew. */
  draw() {
    const chosen = state.get().finding;
    this.status.textContent = count(this.total ?? 0);
    if (this.shown.length === 0) {
      const text = t("No blind area here. Choose another lens or a larger unit.");
      fill(this.place, el("li", { class: "empty" }, icon("circle-check"), el("span", { text })));
      return;
    }
    const rest = this.total - this.shown.length;
    const more = rest > 0
      ? el("li", {}, el("button", {
          type: "button",
          class: "btn w-100 more",
          text: t("Show {count} more of {rest}", { count: Math.min(PAGE, rest), rest: count(rest) }),
          on: { click: () => this.more() },
        }))
      : null;
    fill(this.place, ...this.shown.map((finding) => item(finding, chosen)), more);
  }
}
