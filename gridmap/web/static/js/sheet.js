// The tabs of the right column, and on the phone the bottom sheet that holds every panel.

import { byId } from "./dom.js";

const SMALL = matchMedia("screen and (max-width: 991px)");
const STOPS = ["peek", "half", "full"];

/** Show one tab: overview, lenses, findings, units or actions. On a wide screen only the last column has tabs. */
export function showTab(name) {
  document.body.dataset.tab = name;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const isShown = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(isShown));
    tab.tabIndex = isShown || tab.dataset.tab === fallback(name, tab) ? 0 : -1;
  }
}

function fallback(name, tab) {
  // A tab list whose chosen tab belongs to the other screen size must still be reachable by keyboard.
  const own = [...tab.parentElement.querySelectorAll("[role=tab]")];
  return own.some((each) => each.dataset.tab === name) ? null : own[0].dataset.tab;
}

export function setSheet(stop) {
  document.body.dataset.sheet = stop;
}

/** Pixels at each edge of the map that lie under a panel: [left, top, right, bottom]. */
export function covered() {
  if (!SMALL.matches) {
    const legend = byId("legend-box");
    const roomy = byId("map").clientWidth > 640;
    return [legend.open && roomy ? legend.offsetWidth : 0, 36, 0, 0];
  }
  const sheet = byId("sheet-handle").getBoundingClientRect();
  const map = byId("map").getBoundingClientRect();
  return [0, 40, 0, Math.max(0, Math.min(map.height * 0.6, map.bottom - sheet.top))];
}

export const isSmall = () => SMALL.matches;

export function startSheet(resized) {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => {
      if (SMALL.matches && document.body.dataset.sheet === "peek") setSheet("half");
      showTab(tab.dataset.tab);
    });
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const own = [...tab.parentElement.querySelectorAll("[role=tab]")];
      const next = own[(own.indexOf(tab) + step + own.length) % own.length];
      showTab(next.dataset.tab);
      next.focus();
    });
  }
  const handle = byId("sheet-handle");
  let from = null;
  handle.addEventListener("pointerdown", (event) => {
    from = { y: event.clientY, stop: STOPS.indexOf(document.body.dataset.sheet) };
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointerup", (event) => {
    if (!from) return;
    const way = event.clientY - from.y;
    const step = Math.abs(way) < 12 ? null : way < 0 ? 1 : -1;
    const next = step === null ? (from.stop + 1) % STOPS.length : Math.min(2, Math.max(0, from.stop + step));
    setSheet(STOPS[next]);
    from = null;
  });
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const now = STOPS.indexOf(document.body.dataset.sheet);
    if (step) setSheet(STOPS[Math.min(2, Math.max(0, now + step))]);
    else if (event.key === "Enter" || event.key === " ") setSheet(STOPS[(now + 1) % STOPS.length]);
    else return;
    event.preventDefault();
  });
  SMALL.addEventListener("change", () => {
    showTab(SMALL.matches ? "overview" : "findings");
    resized();
  });
  showTab(SMALL.matches ? "overview" : "findings");
  setSheet("half");
  byId("legend-box").open = !SMALL.matches;
}
