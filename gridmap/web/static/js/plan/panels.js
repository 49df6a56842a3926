// Panels beside the map: operations with reasons, blind areas, remarks and history.

import { byId, el, fill, icon } from "../dom.js";
import { swatch } from "../palette.js";
import { area, count, t, time } from "../words.js";
import { button, choice, field, folded } from "./forms.js";
import { get, post } from "./server.js";

const ACTS = {
  create: () => t("began the draft"), apply: () => t("drew"), undo: () => t("undid"), redo: () => t("did again"), submit: () => t("handed in"),
  approve: () => t("approved"), return: () => t("gave back"), adopt: () => t("adopted"), withdraw: () => t("withdrew"), reopen: () => t("took up again"),
  comment: () => t("remarked"), rebase: () => t("took over the boundaries in force"), norm: () => t("set the norm"), lock: () => t("locked grids"), describe: () => t("changed title, note or day"),
};
const CURES = { uncovered_ground: "fill_gap", double_cover: "resolve_overlap", spill: "cut_spill", split_compound: "reassign" };

/** The list of operations, the latest first; a click shows the grids it touched. */
export function showOperations(desk) {
  const { operations } = desk.draft;
  byId("count-operations").textContent = String(operations.filter(({ undone }) => !undone).length);
  fill(
    byId("panel-operations"),
    operations.length ? null : el("p", { class: "empty-note", text: t("Nothing was drawn yet. Choose a tool on the left, or a grid in the list.") }),
    el("ol", { class: "operation-list" }, ...[...operations].reverse().map((operation) => row(desk, operation))),
    desk.may("draw") ? takeFile(desk) : null,
  );
}

function row(desk, operation) {
  return el(
    "li",
    { class: operation.undone ? "is-undone" : null, data: { operation: operation.id } },
    el("button", { type: "button", class: "operation", on: { click: () => desk.showGrids(operation.units) } }, el("span", { class: "operation-what", text: operation.what, dir: "auto" }), operation.undone ? el("span", { class: "badge", text: t("undone") }) : null),
    el("div", { class: "operation-by" }, el("span", { text: operation.actor, dir: "auto" }), el("time", { datetime: operation.at, text: time(operation.at) })),
    operation.reason ? el("p", { class: "reason", text: operation.reason, dir: "auto" }) : null,
    desk.may("draw") && !operation.undone
      ? folded(operation.reason ? t("Change the reason") : t("Give a reason"), "pencil", [field(t("Reason"), "reason", { maxlength: 4000, value: operation.reason })], t("Keep"), ({ reason }) => desk.act(() => post("/reason", { operation: operation.id, reason })))
      : null,
  );
}

function takeFile(desk) {
  return folded(
    t("Take over a redraw done in QGIS"),
    "file-import",
    [el("p", { class: "form-hint", text: t("A GeoPackage or other file with the grids' codes and outlines. What differs is shown first.") }), field(t("File"), "file", { type: "file", required: true, accept: ".gpkg,.geojson,.json,.zip,.shp,.kml,.parquet" })],
    t("Show what differs"),
    (_, form) => desk.takeFile(form.elements.file.files[0]),
    { id: "take-file" },
  );
}

/** What the plan creates, what it keeps, what it cures. */
export function showFindings(desk) {
  const { findings } = desk.draft;
  const order = ["new", "still", "cured"];
  const titles = { new: t("Created by this plan"), still: t("There before, and still"), cured: t("Cured by this plan") };
  const open = findings.filter(({ state }) => state !== "cured").length;
  byId("count-findings").textContent = String(open);
  fill(
    byId("panel-findings"),
    findings.length ? null : el("p", { class: "empty-note", text: t("No blind area that a redraw could answer: every place has one grid.") }),
    ...order.flatMap((state) => {
      const rows = findings.filter((each) => each.state === state);
      return rows.length ? [el("h2", { class: `finding-group is-${state}`, text: titles[state] }), el("ul", { class: "finding-rows" }, ...rows.map((each) => finding(desk, each)))] : [];
    }),
  );
}

function finding(desk, each) {
  const cure = each.state !== "cured" && each.at && desk.may("draw") ? CURES[each.lens] : null;
  const box = el("div", { class: "takers", hidden: true });
  return el(
    "li",
    { class: "finding-row", data: { finding: each.number, lens: each.lens } },
    el("button", { type: "button", class: "finding-head", on: { click: () => desk.showShape(each.geometry) } }, swatch(each.blindness), el("b", { text: each.title }), each.area_m2 ? el("span", { class: "finding-size", text: area(each.area_m2) }) : null),
    el("p", { class: "finding-why", text: each.why, dir: "auto" }),
    el("div", { class: "finding-foot" }, each.households ? el("span", { text: t("{count} households", { count: count(each.households) }) }) : null, cure ? button(t("Cure …"), "check", () => cureFinding(desk, each, cure, box), { class: "btn btn-sm cure" }) : null),
    box,
  );
}

async function cureFinding(desk, each, kind, box) {
  desk.showShape(each.geometry);
  if (kind === "reassign") {
    wholeCompound(desk, each, box);
    return;
  }
  if (kind !== "fill_gap") {
    const owners = kind === "resolve_overlap" ? each.units : [];
    const offer = (to) => desk.pending.offer(kind === "cut_spill" ? { kind, at: each.at } : { kind, at: each.at, ...(to ? { to } : {}) });
    if (owners.length) {
      box.hidden = false;
      fill(box, choice(t("The ground stays with"), "to", [["", t("the longest shared border")], ...owners.map((code) => [code, desk.nameOf(code)])]));
      box.querySelector("select").addEventListener("change", (event) => offer(event.target.value));
    }
    offer("");
    return;
  }
  box.hidden = false;
  fill(box, el("p", { class: "form-hint", text: t("Looking for who could take it …") }));
  try {
    const [lon, lat] = each.at;
    const { takers } = await get(`/takers?lon=${lon}&lat=${lat}&version=${desk.version()}`);
    if (!takers.length) fill(box, el("p", { class: "form-hint", text: t("No neighbour could take it. Draw a new grid here.") }));
    else {
      const pick = (code) => {
        for (const one of box.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset.code === code));
        desk.pending.offer({ kind: "fill_gap", at: each.at, to: code });
      };
      fill(
        box,
        el("p", { class: "form-hint", text: t("Who should take it? The first has the longest shared border.") }),
        ...takers.map((taker) =>
          el("button", { type: "button", class: "taker", data: { code: taker.code }, "aria-pressed": "false", on: { click: () => pick(taker.code) } }, el("b", { text: desk.nameOf(taker.code) }), el("span", { text: t("{metres} m of border, {count} households after", { metres: count(taker.border_m), count: count(taker.load) }) })),
        ),
      );
      pick(takers[0].code);
    }
  } catch (trouble) {
    fill(box, el("p", { class: "trouble", role: "alert", text: trouble.message }));
  }
}

/** A compound that lies across grids goes to one of them. */
function wholeCompound(desk, each, box) {
  const grids = each.units.filter((code) => desk.board.units.has(code));
  const compound = each.units.find((code) => !desk.board.units.has(code));
  box.hidden = false;
  const pick = (code) => {
    for (const one of box.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset.code === code));
    desk.pending.offer({ kind: "reassign", to: code, compound });
  };
  fill(
    box,
    el("p", { class: "form-hint", text: t("Which grid should have it whole?") }),
    ...grids.map((code) => el("button", { type: "button", class: "taker", data: { code }, "aria-pressed": "false", on: { click: () => pick(code) } }, el("b", { text: desk.nameOf(code) }))),
  );
  pick(grids[0]);
}

/** Remarks pinned to places, and what happened so far. */
export function showRemarks(desk) {
  const { comments, history } = desk.draft;
  byId("count-remarks").textContent = String(comments.filter(({ settled }) => !settled).length);
  const form = el(
    "form",
    { class: "remark-form", on: { submit: (event) => (event.preventDefault(), desk.remark(form.elements.words.value)) } },
    el("label", { class: "form-label", text: desk.place ? t("Remark about the marked place") : t("Remark about the whole plan") }, el("textarea", { class: "form-control", id: "remark-words", name: "words", rows: 3, maxlength: 4000, required: true })),
    el("div", { class: "btn-list" }, el("button", { class: "btn btn-sm btn-primary", type: "submit", text: t("Leave the remark") }), desk.place ? button(t("Not about a place"), "x", () => desk.putPlace(null)) : button(t("Mark a place on the map"), "map-pin", () => desk.tools.use("remark"))),
  );
  fill(
    byId("panel-remarks"),
    desk.may("comment") ? form : null,
    comments.length ? null : el("p", { class: "empty-note", text: t("No remarks yet.") }),
    el("ol", { class: "remark-list" }, ...comments.map((each, number) => remark(desk, each, number + 1))),
    el("h2", { text: t("History") }),
    el("ol", { class: "history-list" }, ...[...history].reverse().map((each) => el("li", {}, el("time", { datetime: each.at, text: time(each.at) }), el("span", {}, el("b", { text: each.actor, dir: "auto" }), ` ${ACTS[each.act]?.() ?? each.act}`), each.note ? el("q", { text: each.note, dir: "auto" }) : null))),
  );
}

function remark(desk, each, number) {
  return el(
    "li",
    { class: each.settled ? "is-settled" : null },
    el("div", { class: "operation-by" }, el("span", { class: "pin-number", text: String(number) }), el("b", { text: each.author, dir: "auto" }), el("time", { datetime: each.at, text: time(each.at) })),
    el("p", { text: each.words, dir: "auto" }),
    el(
      "div",
      { class: "btn-list" },
      each.place ? button(t("Show the place"), "map-pin", () => desk.goTo(each.place)) : null,
      each.settled ? el("span", { class: "good" }, icon("check"), t("settled by {who}", { who: each.settled })) : desk.may("comment") ? button(t("Settle"), "check", () => desk.act(() => post(`/comments/${each.id}/settle`))) : null,
    ),
  );
}
