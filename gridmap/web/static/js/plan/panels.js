// The panel beside the map: everything but free drawing can be done from its lists, with the keyboard alone.

import { byId, el, fill, icon } from "../dom.js";
import { swatch } from "../palette.js";
import { area, count, percent, t, time } from "../words.js";
import { bandBadge, changeCard, FIGURES } from "./tables.js";

/** Tabs of the panel. */
export function startTabs() {
  const tabs = [...document.querySelectorAll(".desk-panel [role=tab]")];
  const show = (name) => {
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      byId(`panel-${tab.dataset.tab}`).hidden = !chosen;
    }
  };
  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tab.dataset.tab));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      show(next.dataset.tab);
      next.focus();
    });
  }
  show("grids");
  return show;
}

const choice = (label, options, chosen = null) => {
  const select = el("select", { class: "form-select form-select-sm" }, ...options.map(([value, text]) => el("option", { value, text, selected: value === chosen })));
  return [el("label", { class: "form-label" }, el("span", { text: label }), select), select];
};
const field = (label, attributes) => {
  const input = el("input", { class: "form-control form-control-sm", ...attributes });
  return [el("label", { class: "form-label" }, el("span", { text: label }), input), input];
};
const form = (title, parts, go, act) => {
  const box = el("form", { class: "act-form" }, ...parts, el("button", { class: "btn btn-sm", type: "submit", text: go }));
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    act();
  });
  return el("details", { class: "act" }, el("summary", { text: title }), box);
};
const named = (unit) => [unit.code, `${unit.code.slice(12)} ${unit.name}`];

/** The chosen grid with its acts; else all grids as a list. `look(operation)` previews, `pick(code)` chooses. */
export function showGrids(draft, picked, { look, pick, lock, may }) {
  const present = draft.units.filter(({ figures }) => figures !== null);
  const unit = present.find(({ code }) => code === picked[0]);
  const panel = byId("panel-grids");
  if (!unit) {
    fill(panel, summary(draft), normForm(draft, may, look.norm), gridTable(present, pick));
    return;
  }
  const siblings = present.filter(({ code, parent }) => code !== unit.code && parent === unit.parent);
  const acts = [];
  if (may) {
    const others = siblings.map(named);
    if (others.length) {
      const [joinLabel, join] = choice(t("Grid that joins it"), others);
      acts.push(form(t("Join another grid to it"), [joinLabel], t("Look"), () => look({ kind: "merge", units: [unit.code, join.value], into: unit.code })));
      const [heirLabel, heir] = choice(t("Its ground goes to"), [["neighbours", t("the neighbour with the longest border")], ...others]);
      acts.push(form(t("Dissolve it"), [heirLabel], t("Look"), () => look({ kind: "retire", unit: unit.code, to: heir.value })));
      const [simpleLabel, tolerance] = field(t("Tolerance in metres"), { type: "number", min: 0.1, max: 1000, step: 0.1, value: 5 });
      const [withLabel, besides] = choice(t("Border with"), others);
      acts.push(form(t("Simplify a border"), [withLabel, simpleLabel], t("Look"), () => look({ kind: "simplify", units: [unit.code, besides.value], tolerance_m: Number(tolerance.value) })));
    }
    const compounds = draft.compounds.map(({ code }) => [code, code.slice(12)]);
    if (compounds.length) {
      const [takeLabel, take] = choice(t("Compound"), compounds);
      acts.push(form(t("Give it a compound"), [takeLabel], t("Look"), () => look({ kind: "reassign", to: unit.code, compound: take.value })));
      const [leaveLabel, leave] = choice(t("Compound"), compounds);
      acts.push(form(t("Let a compound leave as a grid of its own"), [leaveLabel], t("Look"), () => look({ kind: "split_by_compounds", unit: unit.code, compounds: [leave.value] })));
    }
    if (others.length && compounds.length) {
      const [onLabel, onto] = choice(t("Compound's outline"), compounds);
      const [nearLabel, near] = choice(t("Border with"), others);
      const [farLabel, far] = field(t("Within metres"), { type: "number", min: 1, max: 1000, value: 30 });
      acts.push(form(t("Snap a border to a compound"), [nearLabel, onLabel, farLabel], t("Look"), () => {
        const outline = draft.compounds.find(({ code }) => code === onto.value).geometry;
        const ring = outline.type === "Polygon" ? outline.coordinates[0] : outline.coordinates[0][0];
        look({ kind: "snap", a: unit.code, b: near.value, line: { type: "LineString", coordinates: ring }, within_m: Number(far.value) });
      }));
    }
    const [nameLabel, name] = field(t("Name"), { value: unit.name, maxlength: 200, required: true });
    acts.push(form(t("Rename"), [nameLabel], t("Look"), () => look({ kind: "rename", unit: unit.code, name: name.value })));
    const [codeLabel, code] = field(t("Number"), { value: unit.code.slice(12), pattern: "[0-9]+", required: true });
    acts.push(form(t("Another number"), [codeLabel], t("Look"), () => look({ kind: "recode", unit: unit.code, code: unit.code.slice(0, 12) + code.value })));
  }
  const locked = draft.locked.includes(unit.code);
  fill(
    panel,
    el("button", { class: "btn btn-sm back-button", type: "button", on: { click: () => pick(null) } }, icon("arrow-left"), el("span", { text: t("All grids") })),
    changeCard({ code: unit.code, name: unit.name, before: unit.before, after: unit.figures, band_after: unit.band }),
    may ? el("label", { class: "form-check lock" }, el("input", { class: "form-check-input", type: "checkbox", checked: locked, on: { change: (event) => lock(unit.code, event.target.checked) } }), el("span", { class: "form-check-label", text: t("Locked: nothing may change it") })) : null,
    el("div", { class: "acts" }, ...acts),
  );
}

function summary({ units, households_moved: moved }) {
  const present = units.filter(({ figures }) => figures !== null);
  const outside = present.filter(({ band }) => band !== "inside").length;
  const tile = (label, value) => el("div", { class: "figure" }, el("dt", { text: label }), el("dd", { text: value }));
  return el("dl", { class: "figures" }, tile(t("Grids"), count(present.length)), tile(t("Outside the norm"), count(outside)), tile(t("Changed"), count(units.filter(({ changed }) => changed).length)), tile(t("Households that change hands"), count(moved)));
}

function normForm({ norm }, may, save) {
  const input = (name, label) => field(label, { type: "number", min: 0, max: 10000, value: norm[name], name, disabled: !may });
  const parts = [["urban_low", t("Urban, at least")], ["urban_high", t("Urban, at most")], ["rural_low", t("Rural, at least")], ["rural_high", t("Rural, at most")]].map(([name, label]) => input(name, label));
  const box = form(t("Norm: households per grid"), parts.map(([label]) => label), t("Save"), () => save(Object.fromEntries(parts.map(([, each]) => [each.name, Number(each.value)]))));
  if (!may) box.querySelector("button").remove();
  return box;
}

function gridTable(units, pick) {
  const rows = [...units].sort((a, b) => (a.band === "inside") - (b.band === "inside") || b.figures.households - a.figures.households);
  return el(
    "table",
    { class: "grid-table" },
    el("caption", { text: t("Grids, those outside the norm first") }),
    el("thead", {}, el("tr", {}, el("th", { text: t("Grid") }), el("th", { class: "n", text: FIGURES[0][1]() }), el("th", { class: "n", text: t("Workers") }), el("th", { text: t("Norm") }))),
    el("tbody", {}, ...rows.map((unit) => el(
      "tr",
      { class: unit.changed ? "is-changed" : null },
      el("td", {}, el("button", { class: "row-button", type: "button", on: { click: () => pick(unit.code) } }, el("b", { text: unit.code.slice(12) }), " ", el("span", { text: unit.name, dir: "auto" }))),
      el("td", { class: "n", text: count(unit.figures.households) }),
      el("td", { class: "n", text: count(unit.figures.workers) }),
      el("td", {}, bandBadge(unit.band)),
    ))),
  );
}

/** Operations in their order, with reasons. */
export function showOperations({ operations, history }, acts, { onShow, onReason, may }) {
  byId("count-operations").textContent = String(operations.filter(({ undone }) => !undone).length);
  const rows = operations.map((row) =>
    el(
      "li",
      { class: row.undone ? "is-undone" : null },
      el("button", { class: "row-button", type: "button", on: { click: () => onShow(row) } }, el("span", { text: row.what, dir: "auto" })),
      el("small", { text: `${row.actor} · ${time(row.at)}${row.undone ? ` · ${t("undone")}` : ""}` }),
      row.reason ? el("p", { class: "reason", text: row.reason, dir: "auto" }) : null,
      may ? el("button", { class: "btn btn-sm btn-ghost-secondary", type: "button", text: row.reason ? t("Change the reason") : t("Give a reason"), on: { click: () => onReason(row) } }) : null,
    ),
  );
  fill(
    byId("panel-operations"),
    rows.length ? el("ol", { class: "operation-list" }, ...rows) : el("p", { class: "empty-note", text: t("Nothing was drawn yet. Choose a tool on the left, or a grid in the list.") }),
    ...acts,
    el("details", { class: "act" }, el("summary", { text: t("History") }), el("ul", { class: "history" }, ...history.map((row) => el("li", {}, el("small", { text: `${time(row.at)} · ${row.actor} · ${t(row.act)}` }), row.note ? el("p", { text: row.note, dir: "auto" }) : null)))),
  );
}

/** What the draft creates, keeps and cures, each with what can be done about it. */
export function showFindings({ findings }, { onShow, onTake, look, may }) {
  const order = { new: 0, still: 1, cured: 2 };
  const rows = [...findings].sort((a, b) => order[a.state] - order[b.state]);
  byId("count-findings").textContent = String(rows.filter(({ state }) => state !== "cured").length);
  const cure = (row) => {
    if (!may || row.state === "cured" || !row.at) return null;
    const kinds = { uncovered_ground: [t("Who could take it?"), () => onTake(row)], double_cover: [t("Leave it to one"), () => look({ kind: "resolve_overlap", at: row.at })], spill: [t("Cut it back"), () => look({ kind: "cut_spill", at: row.at })] };
    const found = kinds[row.lens];
    return found ? el("button", { class: "btn btn-sm", type: "button", text: found[0], on: { click: found[1] } }) : null;
  };
  fill(
    byId("panel-findings"),
    rows.length
      ? el("ul", { class: "finding-list" }, ...rows.map((row) => el(
          "li",
          { class: `is-${row.state}` },
          el("button", { class: "row-button", type: "button", on: { click: () => onShow(row) } }, swatch(row.blindness), el("b", { text: row.title }), el("span", { class: `badge state-${row.state}`, text: { new: t("new"), still: t("still there"), cured: t("cured") }[row.state] })),
          el("p", { text: row.why, dir: "auto" }),
          cure(row),
        )))
      : el("p", { class: "empty-note", text: t("No blind area on this ground.") }),
  );
}

/** The neighbours that could take a gap. */
export function showTakers(takers, { onChoose, onBack }) {
  fill(
    byId("panel-findings"),
    el("button", { class: "btn btn-sm back-button", type: "button", on: { click: onBack } }, icon("arrow-left"), el("span", { text: t("Blind areas") })),
    el("h2", { text: t("Who could take this ground?") }),
    takers.length
      ? el("ul", { class: "taker-list" }, ...takers.map((taker) => el("li", {}, el("button", { class: "row-button", type: "button", on: { click: () => onChoose(taker) } }, el("b", { text: taker.name, dir: "auto" }), el("span", { class: "code", text: taker.code.slice(12) })), el("small", { text: t("{metres} m of common border; {load} households then", { metres: count(taker.border_m), load: count(taker.load) }) }), bandBadge(taker.band))))
      : el("p", { class: "empty-note", text: t("No grid of its community borders on this ground: draw a new grid.") }),
  );
}

/** Proposals: balance, and where service points would help. */
export function showProposals(proposals, siting, { onBalance, onLook, onTake, onSite, may, busy }) {
  const [countLabel, number] = field(t("How many"), { type: "number", min: 1, max: 100, value: 3 });
  const [reachLabel, reach] = field(t("Within metres"), { type: "number", min: 50, max: 20000, value: 1000 });
  const where = el("form", { class: "act-form" }, countLabel, reachLabel, el("button", { class: "btn btn-sm", type: "submit", text: t("Look for places") }));
  where.addEventListener("submit", (event) => {
    event.preventDefault();
    onSite(Number(number.value), Number(reach.value));
  });
  fill(
    byId("panel-proposals"),
    el("section", {}, el("h2", { text: t("Balance this ground") }),
      el("p", { class: "hint", text: t("Brings every grid into the norm, keeps compounds whole and grids connected, changes as little as possible. Nothing is applied by itself.") }),
      el("button", { class: "btn btn-sm btn-primary", type: "button", disabled: !may || busy, on: { click: onBalance } }, busy ? el("span", { class: "spinner-border spinner-border-sm" }) : icon("scale"), el("span", { text: busy ? t("Working …") : t("Propose") })),
      proposals === null ? null : proposals.length === 0 ? el("p", { class: "good", text: t("Every grid lies inside the norm, or nothing better was found.") }) : el("ul", { class: "proposal-list" }, ...proposals.map((row) => proposalCard(row, { onLook, onTake, may })))),
    el("section", {}, el("h2", { text: t("Where to put a service point") }), el("p", { class: "hint", text: t("The places from which most households are in reach, besides what stands already.") }), where,
      siting ? el("div", {}, el("p", { text: t("In reach now {before}, then {covered} of {total} households. No choice reaches more than {bound} ({from}).", { before: count(siting.before), covered: count(siting.covered), total: count(siting.total), bound: count(siting.bound), from: siting.bound_from }) }), el("ol", {}, ...siting.sites.map((site) => el("li", { text: t("{count} households more", { count: count(site.households) }) })))) : null),
  );
}

function proposalCard(row, { onLook, onTake, may }) {
  const facts = [
    t("{count} households change hands ({share})", { count: count(row.households_moved), share: percent(row.share) }),
    row.outside.length ? t("{count} grids stay outside the norm", { count: count(row.outside.length) }) : t("every grid inside the norm"),
    row.founded ? t("{count} new grids", { count: row.founded }) : null,
    row.given_up ? t("{count} grids dissolved", { count: row.given_up }) : null,
    t("{count} operations", { count: row.operations }),
  ].filter(Boolean);
  return el(
    "li",
    {},
    el("b", { text: row.title }),
    el("ul", { class: "facts-list" }, ...facts.map((text) => el("li", { text }))),
    el("div", { class: "btn-list" },
      el("button", { class: "btn btn-sm", type: "button", text: t("Show on the map"), on: { click: () => onLook(row) } }),
      may ? el("button", { class: "btn btn-sm btn-primary", type: "button", text: t("Take it into this draft"), on: { click: () => onTake(row, false) } }) : null,
      may ? el("button", { class: "btn btn-sm", type: "button", text: t("As a draft of its own"), on: { click: () => onTake(row, true) } }) : null),
  );
}

/** Remarks, pinned and not. */
export function showRemarks({ comments }, { onShow, onSettle, onAdd, may }) {
  byId("count-remarks").textContent = String(comments.filter(({ settled }) => !settled).length);
  const words = el("textarea", { class: "form-control form-control-sm", rows: 2, maxlength: 4000, required: true, "aria-label": t("Remark") });
  const box = el("form", { class: "act-form" }, words, el("button", { class: "btn btn-sm", type: "submit", text: t("Add a remark") }));
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    onAdd(words.value, null);
  });
  fill(
    byId("panel-remarks"),
    comments.length
      ? el("ul", { class: "remark-list" }, ...comments.map((row, number) => el("li", { class: row.settled ? "is-settled" : null },
          el("button", { class: "row-button", type: "button", disabled: !row.place, on: { click: () => onShow(row) } }, el("span", { class: "pin-number", text: String(number + 1) }), el("span", { text: row.words, dir: "auto" })),
          el("small", { text: `${row.author} · ${time(row.at)}${row.settled ? ` · ${t("settled by {name}", { name: row.settled })}` : ""}` }),
          may && !row.settled ? el("button", { class: "btn btn-sm btn-ghost-secondary", type: "button", text: t("Settled"), on: { click: () => onSettle(row) } }) : null)))
      : el("p", { class: "empty-note", text: t("No remarks yet.") }),
    may ? box : null,
  );
}

export { area };
