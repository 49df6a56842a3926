// The desk of one plan: map, tools and panels around one draft, which the server owns.

import { byId, el, fill, icon } from "../dom.js";
import { chip, installHatches, swatch, theme } from "../palette.js";
import { boot, count, t } from "../words.js";
import { Board } from "./board.js";
import { Compare } from "./compare.js";
import { Grids, middle } from "./grids.js";
import { showFindings, showOperations, showRemarks } from "./panels.js";
import { Pending } from "./pending.js";
import { Proposals } from "./proposals.js";
import { Review } from "./review.js";
import { get, post, upload } from "./server.js";
import { TOOLS, Tools } from "./tools.js";

const POLL_MS = 4000;
const SMALL = matchMedia("screen and (max-width: 991px)");

class Desk {
  constructor() {
    this.boot = boot;
    this.draft = null;
    this.place = null;
    this.loading = false;
    this.board = new Board(window.gridmapFrame, { onPick: (code, event) => this.clicked(code, event) });
    this.pending = new Pending(this);
    this.grids = new Grids(this);
    this.proposals = new Proposals(this);
    this.review = new Review(this);
    this.compare = new Compare(this);
    this.tools = new Tools(this.board.frame, { onChange: (name) => this.toolChanged(name), onDrawn: (tool, geometry, done) => this.drawn(tool, geometry, done) });
    this.board.frame.on("click", ({ latlng }) => this.tools.name === "remark" && this.putPlace([latlng.lng, latlng.lat]));
    this.board.frame.on("moveend", () => history.replaceState(null, "", `#${this.fragment()}`));
  }

  version = () => this.draft.version;

  may = (act) => this.draft.can.includes(act);

  nameOf = (code) => {
    const unit = this.draft.units.find((each) => each.code === code);
    return unit ? `${code.slice(12)} ${unit.name}` : code;
  };

  async load({ fit = false } = {}) {
    this.loading = true;
    try {
      this.draft = await get();
      this.show({ fit });
    } finally {
      this.loading = false;
    }
  }

  show({ fit = false } = {}) {
    const { plan } = this.draft;
    byId("plan-title").textContent = plan.title;
    byId("plan-state").textContent = plan.approved && plan.state === "in_review" ? t("approved, not yet adopted") : plan.state_name;
    byId("plan-state").dataset.state = plan.approved && plan.state === "in_review" ? "approved" : plan.state;
    byId("plan-version").textContent = t("version {version}", { version: this.draft.version });
    this.board.picked = this.board.picked.filter((code) => this.draft.units.some((unit) => unit.code === code && unit.figures));
    this.board.show(this.draft, { fit });
    this.review.show();
    this.grids.show();
    showOperations(this);
    showFindings(this);
    showRemarks(this);
    this.proposals.show();
    this.drawMarks();
    const draws = this.may("draw");
    this.tools.allow(draws, this.may("comment"));
    byId("undo").disabled = !draws || !this.draft.operations.some(({ undone }) => !undone);
    byId("redo").disabled = !draws || !this.draft.operations.some(({ undone }) => undone);
    if (this.tools.name === "move_vertex" && !this.pending.open) this.handles();
  }

  // --- choosing and drawing ------------------------------------------------------------------------------

  clicked(code, event) {
    const { name } = this.tools;
    if (name === "remark") {
      const { lng, lat } = this.board.frame.mouseEventToLatLng(event);
      this.putPlace([lng, lat]);
    } else if (name === "merge") {
      const [first] = this.board.picked;
      if (!first || first === code || this.pending.open) this.choose([code]);
      else {
        this.choose([first, code]);
        this.pending.offer({ kind: "merge", units: [first, code], into: first });
      }
    } else if (name === "select" && (event.ctrlKey || event.metaKey || event.shiftKey)) {
      const { picked } = this.board;
      this.choose(picked.includes(code) ? picked.filter((each) => each !== code) : [...picked, code]);
    } else if (!this.pending.open) {
      this.choose([code]);
      this.startTool();
    }
  }

  choose(codes, zoom = false) {
    this.board.pick(codes);
    this.grids.show();
    showTab("grids");
    if (zoom && codes.length) this.board.zoomTo(this.board.units.get(codes[0])?.geometry, 17);
    if (this.tools.name === "move_vertex") this.handles();
  }

  toolChanged(name) {
    if (this.pending?.open) this.pending.cancel();
    this.board.handles.clearLayers();
    if (name === "merge") this.board.pick([]);
    if (this.draft) this.startTool();
  }

  startTool() {
    if (this.tools.name === "move_vertex") this.handles();
    else this.tools.begin(this.board.picked.length);
  }

  handles() {
    const [code] = this.board.picked;
    this.board.handles.clearLayers();
    if (!code || !this.may("draw")) return;
    this.board.showHandles(code, (at, to, released) => this.pending.offer({ kind: "move_vertex", at, to }, { settled: released, onEnd: () => this.handles() }));
  }

  /** A line or an area grew (done false) or is finished: what would it do? */
  drawn(tool, geometry, done) {
    const document = this.documentOf(tool, geometry);
    if (document === null) {
      if (done) {
        this.say(t("Nothing here can be drawn like this. Choose a grid first, or draw across one."), true);
        this.startTool();
      }
      return;
    }
    this.pending.offer(document, { settled: done });
  }

  documentOf(tool, geometry) {
    const [chosen] = this.board.picked;
    if (tool === "split") {
      const unit = chosen ?? this.crossed(geometry);
      return unit ? { kind: "split", unit, lines: [geometry] } : null;
    }
    if (tool === "move_edge") return chosen ? { kind: "move_edge", a: chosen, line: geometry } : null;
    if (tool === "reassign") return chosen ? { kind: "reassign", to: chosen, area: geometry } : null;
    const place = middle(geometry);
    const parent = this.board.units.get(this.board.unitAt(place))?.parent ?? this.parentAt(place);
    return parent ? { kind: "create", name: t("New grid"), parent, area: geometry } : null;
  }

  /** The grid that most of a line's sampled places lie in. */
  crossed({ coordinates }) {
    const hits = new Map();
    for (let i = 1; i < coordinates.length; i += 1) {
      for (let part = 0; part <= 20; part += 1) {
        const place = [0, 1].map((axis) => coordinates[i - 1][axis] + ((coordinates[i][axis] - coordinates[i - 1][axis]) * part) / 20);
        const code = this.board.unitAt(place);
        if (code) hits.set(code, (hits.get(code) ?? 0) + 1);
      }
    }
    return [...hits].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
  }

  parentAt(place) {
    return this.board.parentAt(place) ?? (this.draft.parents.length === 1 ? this.draft.parents[0].code : null);
  }

  /** An operation was carried out: show it at once, then load what follows from it. */
  async applied(effect) {
    this.say(effect.what);
    this.tools.stop();
    this.draft.version = effect.version;
    this.board.takeIn(effect);
    await this.reload();
    if (!["move_vertex", "select", "remark"].includes(this.tools.name)) this.tools.use("select");
  }

  cancelled() {
    this.tools.stop();
    if (this.tools.name === "move_vertex") this.handles();
    else if (TOOLS[this.tools.name].draw) this.tools.use("select");
  }

  async reload() {
    try {
      await this.load();
    } catch (trouble) {
      this.say(trouble.message, true);
    }
  }

  /** Do something on the server, then show the draft as it is; troubles become words. */
  async act(work) {
    try {
      await work();
      await this.reload();
    } catch (trouble) {
      this.say(trouble.message, true);
      if (trouble.code === "PlanMoved") await this.reload();
    }
  }

  async step(way) {
    if (byId(way).disabled || this.pending.open) return;
    await this.act(async () => {
      const effect = await post(`/${way}`, { version: this.version() });
      this.draft.version = effect.version;
      this.say(effect.what);
    });
  }

  async takeFile(file) {
    if (!file) return;
    const send = (commit) => {
      const form = new FormData();
      form.append("file", file);
      form.append("version", String(this.version()));
      if (commit) form.append("commit", "yes");
      return upload("/outlines", form);
    };
    try {
      const found = await send(false);
      this.board.ghost(found.units.map(({ geometry }) => ({ geometry, kind: "unit" })));
      this.review.open(
        t("What the file draws otherwise"),
        [el("p", { text: t("{changed} grids drawn anew, {added} new, {same} as they are; {count} households change hands.", { changed: count(found.changed.length), added: count(found.new.length), same: count(found.same), count: count(found.households_moved) }) }), el("p", { class: found.created.length ? "bad" : "good", text: found.created.length ? t("It would leave {count} defects. They are listed after taking it over, to be cured.", { count: found.created.length }) : t("It leaves no gap, double cover or spill.") })],
        t("Take over"),
        () => send(true),
      );
      this.review.dialog.addEventListener("close", () => this.board.ghost([]), { once: true });
    } catch (trouble) {
      this.say(trouble.message, true);
    }
  }

  // --- remarks, places, looking ---------------------------------------------------------------------------

  putPlace(place) {
    this.place = place;
    this.tools.use("select");
    showRemarks(this);
    showTab("remarks");
    this.drawMarks();
    byId("remark-words")?.focus();
  }

  async remark(words) {
    await this.act(async () => {
      await post("/comments", { words, place: this.place });
      this.place = null;
    });
  }

  drawMarks() {
    const remarks = this.draft.comments.map((each, number) => ({ ...each, number: number + 1 })).filter(({ place, settled }) => place && !settled);
    this.board.mark([
      ...remarks.map(({ place, number }) => ({ place, text: String(number), kind: "remark", act: () => showTab("remarks") })),
      ...(this.place ? [{ place: this.place, text: "+", kind: "place" }] : []),
      ...(this.proposals.sites?.sites ?? []).map(({ place }, number) => ({ place, text: String(number + 1), kind: "site", act: () => showTab("proposals") })),
    ]);
  }

  goTo([lon, lat]) {
    this.board.frame.setView([lat, lon], Math.max(this.board.frame.getZoom(), 16));
  }

  showShape(geometry) {
    this.board.zoomTo(geometry, 18);
  }

  showGrids(codes) {
    const shapes = codes.map((code) => this.board.units.get(code)?.geometry).filter(Boolean);
    if (shapes.length) this.board.zoomTo({ type: "GeometryCollection", geometries: shapes }, 17);
    else this.say(t("The grids of this operation are no longer there."));
  }

  fragment() {
    const { lat, lng } = this.board.frame.getCenter();
    const compare = this.compare?.mode ? `/${this.compare.mode}/${byId("compare-with").value}` : "";
    return `${this.board.frame.getZoom().toFixed(1)}/${lat.toFixed(5)}/${lng.toFixed(5)}${compare}`;
  }

  say(text, bad = false) {
    const toast = byId("toast");
    toast.className = `desk-toast${bad ? " is-bad" : ""}`;
    toast.hidden = false;
    fill(toast, icon(bad ? "alert-triangle" : "circle-check"), el("span", { text, dir: "auto" }), el("button", { type: "button", class: "toast-close", "aria-label": t("Close"), on: { click: () => (toast.hidden = true) } }, icon("x")));
    clearTimeout(this.hush);
    if (!bad) this.hush = setTimeout(() => (toast.hidden = true), 5000);
  }

  /** Somebody else changed the draft: load it, and keep what is being drawn. */
  moved() {
    this.reload();
  }

  async poll() {
    if (document.hidden || this.loading || this.pending.applying) return;
    try {
      const { version, state, who } = await get("/version");
      if (this.loading || (version <= this.draft.version && state === this.draft.plan.state)) return;
      await this.load();
      this.say(t("{who} changed this plan: it is version {version} now.", { who, version }));
      if (this.pending.open) this.pending.offer(this.pending.document, { settled: this.pending.settled });
    } catch (trouble) {
      if (trouble.status === 401) location.reload();
    }
  }
}

function showTab(name) {
  for (const tab of document.querySelectorAll(".desk-panel [role=tab]")) {
    const isShown = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(isShown));
    tab.tabIndex = isShown ? 0 : -1;
    byId(`panel-${tab.dataset.tab}`).hidden = !isShown;
  }
}

function startTabs() {
  const tabs = [...document.querySelectorAll(".desk-panel [role=tab]")];
  for (const [number, tab] of tabs.entries()) {
    tab.addEventListener("click", () => showTab(tab.dataset.tab));
    tab.addEventListener("keydown", ({ key }) => {
      const next = { ArrowRight: number + 1, ArrowLeft: number - 1 }[key];
      if (next === undefined) return;
      const target = tabs[(next + tabs.length) % tabs.length];
      showTab(target.dataset.tab);
      target.focus();
    });
  }
  showTab("grids");
}

function startKeys(desk) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog[open]");
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && key === "z" && !typing) {
      event.preventDefault();
      desk.step(event.shiftKey ? "redo" : "undo");
    } else if (event.key === "Escape" && !event.target.closest("dialog[open]")) {
      if (desk.pending.open) desk.pending.cancel();
      else desk.tools.use("select");
    } else if (event.key === "Enter" && desk.pending.open && !typing && !event.target.closest("button, a, summary")) {
      event.preventDefault();
      desk.pending.apply();
    } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const found = Object.entries(TOOLS).find(([, tool]) => tool.key === key);
      if (found) desk.tools.use(found[0]);
    }
  });
}

function showLegend() {
  const row = (sample, text) => el("li", {}, sample, el("span", { text }));
  const line = (kind) => el("span", { class: `legend-line is-${kind}`, "aria-hidden": "true" });
  fill(
    byId("legend"),
    row(chip(theme.bands.below), t("below the norm")),
    row(chip(theme.bands.inside), t("inside the norm")),
    row(chip(theme.bands.above), t("above the norm")),
    row(swatch("ground"), t("uncovered, double cover or spill")),
    row(line("changed"), t("changed in this draft")),
    row(line("ghost"), t("what would be")),
    row(line("compound"), t("compound")),
  );
}

function startPage(desk) {
  byId("undo").addEventListener("click", () => desk.step("undo"));
  byId("redo").addEventListener("click", () => desk.step("redo"));
  byId("print")?.addEventListener("click", () => window.print());
  byId("share")?.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      desk.say(t("The link is copied. Whoever opens it has to sign in."));
    } catch {
      desk.say(location.href);
    }
  });
  if (SMALL.matches) byId("legend-box").open = false;
}

async function start() {
  installHatches();
  const [zoom, lat, lon, mode, other] = location.hash.slice(1).split("/");
  const desk = new Desk();
  startTabs();
  startKeys(desk);
  startPage(desk);
  showLegend();
  const placed = [zoom, lat, lon].every((each) => each !== "" && Number.isFinite(Number(each)));
  try {
    await desk.load({ fit: true });
    if (placed) desk.board.frame.setView([Number(lat), Number(lon)], Number(zoom), { animate: false });
    desk.tools.use("select");
    const wanted = boot.compare ?? (["swipe", "beside"].includes(mode) ? { mode, with: other } : null);
    if (wanted) {
      byId("compare-with").value = wanted.with;
      await desk.compare.begin(wanted.mode);
    }
    setInterval(() => desk.poll(), POLL_MS);
  } catch (trouble) {
    desk.say(trouble.message, true);
  }
  document.body.dataset.ready = "yes";
}

start();
