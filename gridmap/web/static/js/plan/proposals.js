// Proposals: balance, and places for service points. Nothing is applied by itself.

import { byId, el, fill } from "../dom.js";
import { count, percent, t } from "../words.js";
import { button, field, folded } from "./forms.js";
import { get, post } from "./server.js";

export class Proposals {
  constructor(desk) {
    this.desk = desk;
    this.box = byId("panel-proposals");
    this.found = null; // [version, proposals]
    this.sites = null;
  }

  show() {
    const { desk } = this;
    if (!desk.may("draw")) {
      fill(this.box, el("p", { class: "empty-note", text: t("Proposals are made for drafts that you may draw.") }));
      return;
    }
    const stale = this.found !== null && this.found[0] !== desk.version();
    fill(
      this.box,
      el("section", {}, el("h2", { text: t("Balance") }), el("p", { class: "panel-hint", text: t("Ways to bring every grid into the norm: compounds stay whole, grids stay in one piece, as few households as possible change hands.") }), button(this.found ? t("Look again") : t("Look for ways"), "scale", () => this.balance(), { id: "balance", class: "btn btn-sm btn-primary" }), stale ? el("p", { class: "form-hint", text: t("The draft has changed since.") }) : el("div", { id: "balance-list", "aria-live": "polite" }, ...(this.found?.[1] ?? []).map((each) => this.proposal(each)), this.found && !this.found[1].length ? el("p", { class: "empty-note", text: t("Every grid lies inside the norm already.") }) : null)),
      el(
        "section",
        {},
        el("h2", { text: t("Where a service point would help") }),
        folded(t("Look for places"), "map-pin", [field(t("How many"), "count", { type: "number", min: 1, max: 20, value: 3, required: true }), field(t("Within reach, straight line (m)"), "reach", { type: "number", min: 50, max: 20000, value: 1000, required: true })], t("Look"), (values) => this.siting(values)),
        this.sites ? this.sitesFound() : null,
      ),
    );
  }

  async balance() {
    const version = this.desk.version();
    byId("balance").disabled = true;
    try {
      this.found = [version, (await get("/balance")).proposals];
    } catch (trouble) {
      this.desk.say(trouble.message, true);
    }
    this.show();
  }

  proposal(each) {
    const { desk } = this;
    const shapes = each.outlines.map(({ geometry }) => ({ geometry, kind: "unit" }));
    const take = (asNew) => desk.act(async () => {
      const { plan } = await post("/balance", { version: desk.version(), way: each.way, as_new: asNew });
      if (asNew) location.assign(`${desk.boot.desk}${plan}`);
    });
    return el(
      "article",
      { class: "proposal", data: { way: each.way } },
      el("h3", { text: each.title, dir: "auto" }),
      el(
        "ul",
        {},
        el("li", { text: t("{count} households change hands ({share})", { count: count(each.households_moved), share: percent(each.share) }) }),
        el("li", { class: each.outside.length ? "bad" : "good", text: each.outside.length ? t("{count} grids stay outside the norm", { count: count(each.outside.length) }) : t("every grid inside the norm") }),
        el("li", { text: t("{count} operations, {founded} new grids, {given} given up", { count: count(each.operations), founded: count(each.founded), given: count(each.given_up) }) }),
      ),
      el("div", { class: "btn-list" }, button(t("Show on the map"), "map-2", () => desk.board.ghost(shapes)), button(t("Take into this draft"), "check", () => take(false), { class: "btn btn-sm btn-primary take" }), button(t("As a draft of its own"), "circle-plus", () => take(true))),
    );
  }

  async siting({ count: number, reach }) {
    try {
      this.sites = await get(`/siting?count=${Number(number)}&reach_m=${Number(reach)}`);
    } catch (trouble) {
      this.desk.say(trouble.message, true);
    }
    this.show();
    this.desk.drawMarks();
  }

  sitesFound() {
    const found = this.sites;
    return el(
      "div",
      { "aria-live": "polite" },
      el("p", { text: t("{covered} of {total} households in reach, {before} without these places; no choice reaches more than {bound}.", { covered: count(found.covered), total: count(found.total), before: count(found.before), bound: count(found.bound) }) }),
      el("p", { class: "form-hint", text: t("The bound comes {from}.", { from: found.bound_from }) }),
      el("ol", { class: "site-list" }, ...found.sites.map((site) => el("li", {}, button(t("{count} households", { count: count(site.households) }), "map-pin", () => this.desk.goTo(site.place))))),
    );
  }
}
