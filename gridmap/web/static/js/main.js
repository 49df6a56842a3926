// The coverage map page: fetches shapes once and figures on every change, and hands them to the parts of the page.

import { ask, wasCancelled } from "./api.js";
import { byId } from "./dom.js";
import { showDownloads } from "./downloads.js";
import { FindingList } from "./findings.js";
import { showLegend, showSubject } from "./legend.js";
import { showLenses } from "./lenses.js";
import { CoverageMap } from "./map.js";
import { showOverview } from "./overview.js";
import { installHatches } from "./palette.js";
import { showFinding } from "./panel.js";
import { showRuns, startRuns } from "./runs.js";
import { startSearch } from "./search.js";
import { covered, isSmall, setSheet, showTab, startSheet } from "./sheet.js";
import * as state from "./state.js";
import { showTrail, showUnits } from "./units.js";
import { boot, t } from "./words.js";

const list = new FindingList(byId("findings"), byId("findings-total"));
let map = null;
let placed = false;

function trouble(error) {
  if (wasCancelled(error)) return;
  byId("trouble-text").textContent = error.message;
  byId("trouble").hidden = false;
}

function busy(isBusy) {
  byId("map").setAttribute("aria-busy", String(isBusy));
}

function openFinding(id) {
  if (isSmall()) setSheet("half");
  state.set({ finding: String(id) });
}

async function loadOverview() {
  const overview = await ask("overview", `overview?${state.query({ lens: null })}`);
  const lens = overview.lenses.find((each) => each.name === state.get().lens) ?? null;
  const choose = (name) => state.set({ lens: name, finding: null });
  showTrail(byId("trail"), overview.trail);
  showOverview(byId("overview"), overview);
  showLenses(byId("lenses"), overview.lenses, state.get().lens, choose, overview.compare !== null);
  showLegend(byId("legend"), lens, overview.lenses, overview.compare !== null);
  showSubject(byId("subject"), lens);
  showUnits(byId("units"), byId("units-total"), overview.children);
  showRuns(overview);
  showDownloads(overview.run);
  document.title = `${overview.unit.name} · ${t("Coverage map")} · gridmap`;
  byId("no-run").hidden = overview.run !== null;
}

async function loadMap(shapes = null) {
  const unit = boot.home.code;
  const [shade, blind] = await Promise.all([
    ask("shade", `shade?${state.query({ unit })}`),
    ask("blind", `blind?${state.query({ unit })}`),
  ]);
  await shapes;
  map.colour(shade);
  map.showBlind(blind);
}

function turn() {
  map.turnTo(state.get().unit, { move: !(state.get().finding && placed), gently: placed });
  placed = true;
}

function showChosen() {
  const { finding } = state.get();
  byId("panel").hidden = finding === null;
  byId("list").hidden = finding !== null;
  list.draw();
  if (finding === null) {
    map.pointOut(null);
    return;
  }
  showTab("findings");
  showFinding(byId("panel"), finding, (found) => map.pointOut(found));
}

async function changed(now, before) {
  byId("trouble").hidden = true;
  const other = (...keys) => keys.some((key) => now[key] !== before[key]);
  const work = [];
  if (other("unit", "lens", "run", "compare")) work.push(loadOverview(), list.load());
  if (other("lens", "run", "compare")) work.push(loadMap());
  if (other("unit")) turn();
  busy(work.length > 0);
  try {
    await Promise.all(work);
    if (other("finding", "unit", "lens", "run", "compare")) showChosen();
  } catch (error) {
    trouble(error);
  } finally {
    busy(false);
  }
}

async function everything() {
  busy(true);
  try {
    const shapes = ask("geometry", "geometry").then((geometry) => {
      map.show(geometry, state.get().unit);
      map.turnTo(state.get().unit, { move: false });
      placed = true;
      requestAnimationFrame(() => setTimeout(() => performance.mark("gridmap-first-paint")));
    });
    await Promise.all([shapes, loadOverview(), list.load(), loadMap(shapes)]);
    showChosen();
    document.body.dataset.ready = "yes";
    performance.mark("gridmap-ready");
  } catch (error) {
    trouble(error);
  } finally {
    busy(false);
  }
}

function start() {
  if (boot.empty) return;
  state.start({ unit: boot.home.code });
  installHatches();
  startSheet(() => map.frame.invalidateSize());
  map = new CoverageMap(window.gridmapFrame, {
    scope: boot.home.code,
    onUnit: (code) => state.set({ unit: code, finding: null }),
    onFinding: openFinding,
    covered,
  });
  startSearch();
  startRuns(() => {
    if (state.get().run) state.set({ run: null, compare: null, finding: null });
    else everything();
  });
  state.onChange(changed);
  byId("retry").addEventListener("click", () => {
    byId("trouble").hidden = true;
    everything();
  });
  byId("whole").addEventListener("click", () => map.moveTo(map.boundsOf(state.get().unit)));
  // Paper has another shape than the screen: fit the map to it, and back afterwards.
  matchMedia("print").addEventListener("change", () => {
    map.frame.invalidateSize({ animate: false });
    if (state.get().finding === null) map.moveTo(map.boundsOf(state.get().unit), false);
  });
  byId("print").addEventListener("click", () => print());
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && event.target === document.body) state.set({ finding: null });
  });
  // The language switch comes back to what is shown.
  for (const form of document.querySelectorAll("[data-keeps-place]")) {
    form.addEventListener("submit", () => {
      form.elements.next.value = state.address();
    });
  }
  everything();
}

start();
