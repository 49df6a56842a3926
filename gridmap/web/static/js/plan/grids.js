// The panel of grids: the norm, every grid with its load, and what can be done with the chosen ones.

import { byId, el, fill, icon } from "../dom.js";
import { count, t } from "../words.js";
import { button, checks, choice, field, folded } from "./forms.js";
import { post } from "./server.js";
import { FIGURES, bandBadge } from "./tables.js";

const short = (code) => code.slice(12) || code;
const titled = ({ code, name }) => `${short(code)} ${name}`;

export class Grids {
  constructor(desk) {
    this.desk = desk;
    this.box = byId("panel-grids");
    this.order = "code";
  }

  show() {
    const { draft, board } = this.desk;
    const chosen = board.picked.map((code) => board.units.get(code)).filter(Boolean);
    fill(this.box, ...(chosen.length ? this.chosen(chosen) : this.all(draft)));
  }

  all(draft) {
    const alive = draft.units.filter(({ figures }) => figures !== null);
    const gone = draft.units.filter(({ figures }) => figures === null);
    const inside = alive.filter(({ band }) => band === "inside").length;
    const least = (list) => [...list].sort(this.order === "code" ? (a, b) => a.code.localeCompare(b.code) : (a, b) => b.figures.households - a.figures.households);
    return [
      el("p", { class: "panel-lead" }, el("b", { text: t("{inside} of {count} grids inside the norm", { inside: count(inside), count: count(alive.length) }) }), el("span", { text: t("{count} households change hands in this plan", { count: count(draft.households_moved) }) })),
      draft.base_moved && this.desk.may("draw") ? this.rebaseNote() : null,
      this.norm(draft),
      el("div", { class: "list-order" }, el("label", { text: t("Order") }, el("select", { class: "form-select form-select-sm", on: { change: (event) => ((this.order = event.target.value), this.show()) } }, el("option", { value: "code", text: t("by number"), selected: this.order === "code" }), el("option", { value: "load", text: t("by households"), selected: this.order === "load" })))),
      el("ul", { class: "grid-list" }, ...least(alive).map((unit) => this.row(unit, draft)), ...gone.map((unit) => el("li", { class: "gone", text: t("{name} is dissolved", { name: titled(unit) }) }))),
    ];
  }

  row(unit, draft) {
    const [low, high] = unit.urban ? [draft.norm.urban_low, draft.norm.urban_high] : [draft.norm.rural_low, draft.norm.rural_high];
    const moved = unit.before === null ? t("new grid") : unit.before.households === unit.figures.households ? "" : t("was {count}", { count: count(unit.before.households) });
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: `grid-row${unit.changed ? " is-changed" : ""}`, data: { code: unit.code }, on: { click: () => this.desk.choose([unit.code], true) } },
        el("span", { class: "grid-number", text: short(unit.code) }),
        el("span", { class: "grid-name", text: unit.name, dir: "auto" }),
        draft.locked.includes(unit.code) ? icon("lock") : null,
        el("span", { class: "grid-moved", text: moved }),
        el("span", { class: "grid-load", text: count(unit.figures.households) }),
        bandBar(unit.figures.households, low, high, unit.band),
      ),
    );
  }

  norm(draft) {
    const { norm } = draft;
    const text = t("Norm: urban {a}–{b}, rural {c}–{d} households", { a: norm.urban_low, b: norm.urban_high, c: norm.rural_low, d: norm.rural_high });
    if (!this.desk.may("draw")) return el("p", { class: "norm-text", text });
    const number = (label, name) => field(label, name, { type: "number", min: 0, max: 10000, required: true, value: norm[name] });
    return folded(
      text,
      "adjustments",
      [el("div", { class: "four" }, number(t("Urban from"), "urban_low"), number(t("to (urban)"), "urban_high"), number(t("Rural from"), "rural_low"), number(t("to (rural)"), "rural_high"))],
      t("Set the norm"),
      (values) => this.desk.act(() => post("/norm", Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)])))),
      { id: "norm" },
    );
  }

  rebaseNote() {
    return el("div", { class: "note-box" }, icon("alert-triangle"), el("span", { text: t("The boundaries in force have changed since this draft was begun.") }), button(t("Take them over …"), "refresh", () => this.desk.review.rebase(), { id: "rebase" }));
  }

  chosen(units) {
    const [unit] = units;
    const { desk } = this;
    const head = [
      button(t("All grids"), "arrow-left", () => desk.choose([]), { id: "all-grids" }),
      ...units.map((each) => this.card(each)),
    ];
    if (!desk.may("draw")) return head;
    return [...head, units.length > 1 ? this.together(units) : null, ...(units.length === 1 ? this.single(unit) : [])];
  }

  card(unit) {
    return el(
      "article",
      { class: "unit-card" },
      el("header", {}, el("h2", { text: unit.name, dir: "auto" }), el("span", { class: "code", text: unit.code }), bandBadge(unit.band)),
      el(
        "table",
        { class: "figure-table" },
        el("thead", {}, el("tr", {}, el("th", { scope: "col", text: t("Figure") }), el("th", { scope: "col", text: t("In force") }), el("th", { scope: "col", text: t("In this draft") }))),
        el("tbody", {}, ...FIGURES.map(([key, heading, text]) => {
          const [was, now] = [text(unit.before?.[key]), text(unit.figures?.[key])];
          return el("tr", { class: was === now ? null : "moved" }, el("th", { scope: "row", text: heading() }), el("td", { text: was }), el("td", { text: now }));
        })),
      ),
    );
  }

  together(units) {
    const codes = units.map(({ code }) => code);
    const { desk } = this;
    return el(
      "div",
      { class: "fold-list" },
      folded(t("Join them"), "arrows-join", [choice(t("The grid that stays"), "into", units.map((each) => [each.code, titled(each)]))], t("Show what happens"), ({ into }) => desk.pending.offer({ kind: "merge", units: codes, into }), { open: true }),
      this.simplifyForm(codes),
    );
  }

  simplifyForm(codes) {
    return folded(t("Simplify the border between them"), "route", [field(t("Corners may move by at most (m)"), "tolerance", { type: "number", min: 0.1, max: 100, step: 0.1, value: 2, required: true })], t("Show what happens"), ({ tolerance }) =>
      this.desk.pending.offer({ kind: "simplify", units: codes, tolerance_m: Number(tolerance) }),
    );
  }

  single(unit) {
    const { desk } = this;
    const others = [...desk.board.units.values()].filter(({ code, parent }) => code !== unit.code && parent === unit.parent).map((each) => [each.code, titled(each)]);
    const compounds = desk.draft.compounds.map(({ code }) => [code, code]);
    const here = desk.draft.compounds.filter(({ geometry }) => geometry && desk.board.unitAt(middle(geometry)) === unit.code).map(({ code }) => [code, code]);
    const offer = (document) => desk.pending.offer(document);
    const show = t("Show what happens");
    const isLocked = desk.draft.locked.includes(unit.code);
    const toggle = () => (isLocked ? desk.draft.locked.filter((code) => code !== unit.code) : [...desk.draft.locked, unit.code]);
    return [
      el(
        "div",
        { class: "fold-list" },
        folded(t("Rename"), "pencil", [field(t("New name"), "name", { required: true, maxlength: 200, value: unit.name })], show, ({ name }) => offer({ kind: "rename", unit: unit.code, name })),
        folded(t("Give another number"), "table", [field(t("New code"), "code", { required: true, pattern: "[0-9]{13,20}", value: unit.code, inputmode: "numeric" })], show, ({ code }) => offer({ kind: "recode", unit: unit.code, code })),
        others.length ? folded(t("Join with another grid"), "arrows-join", [choice(t("Other grid"), "other", others), choice(t("The grid that stays"), "into", [["this", titled(unit)], ["other", t("the other one")]])], show, ({ other, into }) => offer({ kind: "merge", units: [unit.code, other], into: into === "this" ? unit.code : other })) : null,
        folded(t("Dissolve"), "trash", [choice(t("Its ground goes to"), "to", [["neighbours", t("each neighbour by its border")], ...others])], show, ({ to }) => offer({ kind: "retire", unit: unit.code, to })),
        compounds.length ? folded(t("Take over a compound"), "building-community", [choice(t("Compound"), "compound", compounds)], show, ({ compound }) => offer({ kind: "reassign", to: unit.code, compound })) : null,
        here.length ? folded(t("Let compounds leave as a new grid"), "scissors", [checks(t("Compounds"), "compounds", here)], show, ({ compounds: given }) => given && offer({ kind: "split_by_compounds", unit: unit.code, compounds: [given].flat() })) : null,
        others.length ? folded(t("Straighten the border with a neighbour"), "route", [choice(t("Neighbour"), "other", others), field(t("Corners may move by at most (m)"), "tolerance", { type: "number", min: 0.1, max: 100, step: 0.1, value: 2, required: true })], show, ({ other, tolerance }) => offer({ kind: "simplify", units: [unit.code, other], tolerance_m: Number(tolerance) })) : null,
        others.length && compounds.length ? folded(t("Move a border onto a compound's outline"), "focus-2", [choice(t("Neighbour"), "other", others), choice(t("Compound"), "compound", compounds), field(t("Within (m)"), "within", { type: "number", min: 0.1, max: 200, step: 0.1, value: 20, required: true })], show, ({ other, compound, within }) => offer({ kind: "snap", a: unit.code, b: other, line: rim(desk.draft.compounds.find(({ code }) => code === compound).geometry), within_m: Number(within) })) : null,
        button(isLocked ? t("Unlock this grid") : t("Lock this grid: proposals leave it alone"), "lock", () => desk.act(() => post("/locks", { codes: toggle() })), { id: "lock" }),
      ),
    ];
  }
}

/** A place of a shape: the mean of its first ring. */
export function middle(geometry) {
  const ring = (geometry.type === "Polygon" ? geometry.coordinates[0] : geometry.coordinates[0][0]).slice(0, -1);
  return [0, 1].map((axis) => ring.reduce((sum, place) => sum + place[axis], 0) / ring.length);
}

const rim = (geometry) => ({ type: "LineString", coordinates: geometry.type === "Polygon" ? geometry.coordinates[0] : geometry.coordinates[0][0] });

function bandBar(value, low, high, band) {
  const top = Math.max(high * 1.6, value);
  const share = (each) => `${((each / top) * 100).toFixed(1)}%`;
  const bar = el("span", { class: `band-bar band-bar-${band}`, "aria-hidden": "true" }, el("i", { class: "band-range" }), el("i", { class: "band-value" }));
  Object.assign(bar.firstChild.style, { left: share(low), width: share(high - low) });
  bar.lastChild.style.width = share(value);
  return bar;
}
