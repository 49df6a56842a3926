// The planner's desk: map, tools, figures, review. Everything that is drawn is tried by the server before it counts.

import { byId, el, fill } from "../dom.js";
import { chip, installHatches, swatch, theme } from "../palette.js";
import { boot, t } from "../words.js";
import { ask, askWords, rebase, showActs } from "./acts.js";
import { Board } from "./board.js";
import { Compare } from "./compare.js";
import { showFindings, showGrids, showOperations, showProposals, showRemarks, showTakers, startTabs } from "./panels.js";
import { Pending } from "./pending.js";
import { get, post, upload } from "./server.js";
import { bandName } from "./tables.js";
import { Tools } from "./tools.js";

const POLL_MS = 4000;
const frame = window.gridmapFrame;
let draft = null;
let picked = [];
let proposals = null;
let siting = null;
let busy = false;

installHatches();
const showTab = startTabs();
const board = new Board(frame, { onPick: pickOnMap });
const compare = new Compare(frame);
const pending = new Pending(board, { version: () => draft.version, onDone: reload, onEnd: () => restartTool(), onMoved: () => reload(false) });
const tools = new Tools(frame, { onChange: () => restartTool(), onDrawn: drawn });

const may = () => draft?.can.includes("draw") ?? false;

function toast(text, isTrouble = false) {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  box.classList.toggle("is-trouble", isTrouble);
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { box.hidden = true; }, isTrouble ? 9000 : 4000);
}
const trouble = (error) => { if (error.name !== "AbortError") toast(error.message, true); };
const tried = (work) => work.catch(trouble);

// --- the draft -------------------------------------------------------------------------------------------

async function reload(fit = false) {
  draft = await get();
  picked = picked.filter((code) => draft.units.some((unit) => unit.code === code && unit.figures));
  board.show(draft, { fit: fit === true });
  board.pick(picked);
  show();
}

function show() {
  const { plan } = draft;
  byId("plan-title").textContent = plan.title;
  byId("plan-state").textContent = plan.approved && plan.state === "in_review" ? t("approved") : plan.state_name;
  byId("plan-state").className = `badge state-badge-${plan.state}`;
  byId("plan-version").textContent = t("version {number}", { number: draft.version });
  byId("undo").disabled = !may() || !draft.operations.some(({ undone }) => !undone);
  byId("redo").disabled = !may() || !draft.operations.some(({ undone }) => undone);
  tools.allow(may(), draft.can.includes("comment"));
  showActs(draft, () => reload(), trouble, () => tried(rebase(draft.version, board).then(() => reload())));
  showPanels();
  document.body.dataset.ready = "yes";
}

function showPanels() {
  const look = Object.assign((operation) => pending.look(operation), { norm: (norm) => tried(post("/norm", norm).then(() => reload())) });
  showGrids(draft, picked, { look, pick: (code) => pick(code ? [code] : [], true), lock, may: may() });
  showOperations(draft, [fromFile()], { onShow: showOperation, onReason: giveReason, may: may() });
  showFindings(draft, { onShow: (row) => board.zoomTo(row.geometry), onTake: take, look, may: may() });
  showProposals(proposals, siting, { onBalance: balance, onLook: lookAtProposal, onTake: takeProposal, onSite: site, may: may(), busy });
  showRemarks(draft, { onShow: ({ place }) => frame.flyTo([place[1], place[0]], Math.max(frame.getZoom(), 16)), onSettle: ({ id }) => tried(post(`/comments/${id}/settle`).then(() => reload())), onAdd: remark, may: draft.can.includes("comment") });
  const pins = draft.comments.map((row, number) => ({ ...row, number: number + 1 })).filter(({ place, settled }) => place && !settled).map(({ place, number }) => ({ place, text: String(number), kind: "remark", act: () => showTab("remarks") }));
  const sites = (siting?.sites ?? []).map(({ place }, number) => ({ place, text: String(number + 1), kind: "site" }));
  board.mark([...pins, ...sites]);
}

// --- choosing and drawing ----------------------------------------------------------------------------------

function pick(codes, zoom = false) {
  picked = codes;
  board.pick(picked);
  showPanels();
  restartTool();
  if (zoom && codes.length) {
    const unit = draft.units.find(({ code }) => code === codes[0]);
    board.zoomTo(unit.geometry, 16);
  }
}

function pickOnMap(code, event) {
  if (tools.name === "remark") {
    const { lat, lng } = frame.mouseEventToLatLng(event);
    remarkAt([lng, lat]);
    return;
  }
  if (pending.open) return;
  if (tools.name === "merge" && picked.length === 1 && picked[0] !== code) {
    pending.look({ kind: "merge", units: [picked[0], code], into: picked[0] });
    return;
  }
  pick([code]);
  showTab("grids");
}

function restartTool() {
  if (!draft || pending.open) return;
  board.handles.clearLayers();
  if (tools.name === "move_vertex" && picked.length) board.showHandles(picked[0], (at, to, released) => pending.look({ kind: "move_vertex", at, to }, { final: released }));
  tools.begin(picked.length);
}

function drawn(tool, geometry, done) {
  const operation = operationOf(tool, geometry);
  if (!operation) return;
  if (!done) {
    pending.look(operation, { final: false });
    return;
  }
  tools.stop();
  if (tool === "create") {
    tried(askNewGrid(operation));
    return;
  }
  pending.look(operation);
}

function operationOf(tool, geometry) {
  if (tool === "split") {
    const middle = geometry.coordinates.length > 2 ? geometry.coordinates[Math.floor(geometry.coordinates.length / 2)] : geometry.coordinates[0].map((value, axis) => (value + geometry.coordinates[1][axis]) / 2);
    const unit = picked[0] ?? board.unitAt(middle);
    return unit ? { kind: "split", unit, lines: [geometry] } : null;
  }
  if (tool === "move_edge") return { kind: "move_edge", a: picked[0], line: geometry };
  if (tool === "reassign") return { kind: "reassign", to: picked[0], area: geometry };
  if (tool === "create") return { kind: "create", area: geometry };
  return null;
}

async function askNewGrid(operation) {
  const name = await askWords(t("New grid"), t("Name"), { required: true, go: t("Look") });
  if (name === null) {
    restartTool();
    return;
  }
  const parents = draft.parents.map(({ code }) => code);
  const under = board.unitAt(operation.area.coordinates[0][0]);
  const parent = draft.units.find(({ code }) => code === under)?.parent ?? parents[0];
  const urban = draft.units.filter((unit) => unit.parent === parent).some((unit) => unit.urban);
  await pending.look({ ...operation, name: name.trim(), parent, urban });
}

async function backAndForth(way) {
  if (pending.open) pending.end();
  const effect = await post(`/${way}`, { version: draft.version });
  await reload();
  toast(effect.what);
}

function lock(code, on) {
  const codes = draft.locked.filter((each) => each !== code);
  tried(post("/locks", { codes: on ? [...codes, code] : codes }).then(() => reload()));
}

function showOperation(row) {
  toast(row.what);
}

async function giveReason(row) {
  const reason = await askWords(t("Reason"), row.what, { value: row.reason });
  if (reason !== null) await tried(post("/reason", { operation: row.id, reason }).then(() => reload()));
}

// --- blind areas, proposals, remarks -----------------------------------------------------------------------

async function take(row) {
  try {
    board.zoomTo(row.geometry);
    const { takers } = await get(`/takers?lon=${row.at[0]}&lat=${row.at[1]}&version=${draft.version}`);
    showTakers(takers, { onChoose: (taker) => pending.look({ kind: "fill_gap", at: row.at, to: taker.code }), onBack: () => { pending.end(); showPanels(); } });
  } catch (error) {
    trouble(error);
  }
}

async function balance() {
  busy = true;
  showPanels();
  try {
    ({ proposals } = await get("/balance"));
  } catch (error) {
    trouble(error);
  } finally {
    busy = false;
    showPanels();
  }
}

function lookAtProposal(row) {
  board.ghost(row.outlines.map(({ geometry }) => ({ geometry, kind: "unit" })));
}

async function takeProposal(row, asNew) {
  try {
    const { plan } = await post("/balance", { version: draft.version, way: row.way, as_new: asNew });
    proposals = null;
    board.ghost([]);
    if (asNew) location.assign(`${boot.desk}${plan}`);
    else await reload();
  } catch (error) {
    trouble(error);
  }
}

async function site(number, reach) {
  try {
    siting = await get(`/siting?count=${number}&reach_m=${reach}`);
    showPanels();
  } catch (error) {
    trouble(error);
  }
}

async function remarkAt(place) {
  const words = await askWords(t("Remark"), t("What about this place?"), { required: true, go: t("Add a remark") });
  if (words !== null) remark(words, place);
}

function remark(words, place) {
  tried(post("/comments", { words, place }).then(() => reload()));
  showTab("remarks");
}

/** A redraw done in QGIS: differences first, then one operation. */
function fromFile() {
  if (!may()) return el("span");
  const file = el("input", { type: "file", class: "form-control form-control-sm", accept: ".gpkg,.geojson,.json,.zip,.fgb", "aria-label": t("File") });
  const act = async () => {
    if (!file.files.length) return;
    const body = (commit) => {
      const form = new FormData();
      form.append("file", file.files[0]);
      form.append("version", draft.version);
      if (commit) form.append("commit", "yes");
      return form;
    };
    const found = await upload("/outlines", body(false));
    board.ghost([...found.units.map(({ geometry }) => ({ geometry, kind: "unit" })), ...found.created.map(({ geometry, kind }) => ({ geometry, kind }))]);
    const list = (codes) => codes.map((code) => code.slice(12)).join(", ") || "–";
    const parts = [
      el("p", { text: t("Drawn otherwise: {codes}", { codes: list(found.changed) }) }),
      el("p", { text: t("New: {codes}. As in the draft: {count}.", { codes: list(found.new), count: found.same }) }),
      ...found.created.map((each) => el("p", { class: "trouble", text: t("Leaves {area} that no grid, or several grids, cover.", { area: `${each.area_m2.toFixed(2)} m²` }) })),
    ];
    const answer = await ask(t("What the file changes"), parts, [[t("Take it over"), "yes", "btn-primary"], [t("Cancel"), null]]);
    board.ghost([]);
    if (answer === "yes") {
      await upload("/outlines", body(true));
      await reload();
    }
  };
  return el("details", { class: "act" }, el("summary", { text: t("Take over a redraw done in QGIS") }), el("div", { class: "act-form" }, el("p", { class: "hint", text: t("Download the GeoPackage, redraw its layer grids_after, save, and choose the file here.") }), file, el("button", { class: "btn btn-sm", type: "button", text: t("Look"), on: { click: () => tried(act()) } })));
}

// --- page ------------------------------------------------------------------------------------------------

function legend() {
  fill(
    byId("legend"),
    ...["below", "inside", "above"].map((band) => el("li", {}, chip(theme.bands[band]), el("span", { text: bandName(band) }))),
    el("li", {}, el("span", { class: "swatch-changed" }), el("span", { text: t("changed by this plan") })),
    el("li", {}, swatch("ground"), el("span", { text: t("nobody's or several grids' ground") })),
    el("li", {}, el("span", { class: "swatch-ghost" }), el("span", { text: t("what would be") })),
  );
  byId("legend-box").open = matchMedia("(min-width: 900px)").matches;
}

async function poll() {
  if (document.hidden || !draft) return;
  try {
    const now = await get("/version");
    if (now.version !== draft.version || now.state !== draft.plan.state) {
      const mine = now.version;
      await reload();
      if (mine !== undefined) toast(t("{name} changed this draft; you see version {number}.", { name: now.who, number: draft.version }));
    }
  } catch {
    // the next look says it, or the next act does
  }
}

function place() {
  const { lat, lng } = frame.getCenter();
  history.replaceState(null, "", `#${frame.getZoom().toFixed(1)}/${lat.toFixed(5)}/${lng.toFixed(5)}`);
}

function fromAddress() {
  const found = /^#([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(location.hash);
  if (found) frame.setView([Number(found[2]), Number(found[3])], Number(found[1]), { animate: false });
  return found !== null;
}

function keys(event) {
  const typing = event.target.matches("input, textarea, select") || byId("dialog").open;
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "z" && !typing) {
    event.preventDefault();
    tried(backAndForth(event.shiftKey ? "redo" : "undo"));
  } else if (command && event.key.toLowerCase() === "y" && !typing) {
    event.preventDefault();
    tried(backAndForth("redo"));
  } else if (event.key === "Enter" && pending.open && pending.effect && event.target.id !== "apply" && !byId("dialog").open && !event.target.matches("textarea, select, button:not(#apply)")) {
    event.preventDefault();
    pending.apply();
  } else if (event.key === "Escape" && !byId("dialog").open) {
    if (pending.open) pending.end();
    else if (tools.name !== "select") tools.use("select");
    else if (picked.length) pick([]);
  } else if (!command && !typing && !event.altKey) {
    const { key } = event;
    const button = [...byId("tools").children].find((each) => each.getAttribute("aria-keyshortcuts") === key.toLowerCase());
    if (button && !button.disabled) tools.use(button.dataset.tool);
  }
}

async function start() {
  legend();
  tools.use("select");
  frame.on("click", ({ latlng }) => {
    if (tools.name === "remark") remarkAt([latlng.lng, latlng.lat]);
  });
  byId("undo").addEventListener("click", () => tried(backAndForth("undo")));
  byId("redo").addEventListener("click", () => tried(backAndForth("redo")));
  byId("swipe").addEventListener("click", () => tried(compare.start("swipe", byId("compare-with").value)));
  byId("beside").addEventListener("click", () => tried(compare.start("beside", byId("compare-with").value)));
  byId("compare-end").addEventListener("click", () => compare.end());
  byId("past").addEventListener("click", () => { if (byId("past-day").value) tried(compare.past(byId("past-day").value)); });
  byId("share")?.addEventListener("click", async () => {
    place();
    try {
      await navigator.clipboard.writeText(location.href);
      toast(t("The link was copied."));
    } catch {
      await ask(t("Link to this view"), [el("input", { class: "form-control", value: location.href, readonly: true })], [[t("Close"), null]]);
    }
  });
  byId("print")?.addEventListener("click", () => print());
  addEventListener("keydown", keys);
  try {
    const placed = fromAddress();
    await reload(!placed);
    frame.on("moveend", place);
  } catch (error) {
    trouble(error);
  }
  setInterval(poll, POLL_MS);
}

start();
