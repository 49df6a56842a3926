// Two pictures of the same ground: this plan beside another, beside the present, or beside any past day.

import { byId, el, fill } from "../dom.js";
import { theme } from "../palette.js";
import { count, date, t } from "../words.js";
import { feature } from "./board.js";
import { button } from "./forms.js";
import { get } from "./server.js";
import { changeCard } from "./tables.js";

const L = window.L;

export class Compare {
  constructor(desk) {
    this.desk = desk;
    this.second = null;
    this.mode = null;
    this.following = false;
    this.slider = byId("swipe-at");
    this.slider.addEventListener("input", () => this.cut());
    byId("swipe").addEventListener("click", () => this.begin("swipe"));
    byId("beside").addEventListener("click", () => this.begin("beside"));
    byId("compare-end").addEventListener("click", () => this.end());
    byId("past").addEventListener("click", () => this.past());
    desk.board.frame.on("move", () => this.follow(desk.board.frame, this.second));
  }

  follow(leader, other) {
    if (!other || this.following || this.mode === null) return;
    this.following = true;
    other.setView(leader.getCenter(), leader.getZoom(), { animate: false });
    this.following = false;
  }

  async begin(mode) {
    const other = byId("compare-with").value;
    try {
      const found = await get(`/compare${other === "base" ? "" : `?with=${other}`}`);
      const units = found.units.filter(({ b }) => b).map(({ code, name, b, figures_b: figures, same }) => ({ code, name, geometry: b, figures, changed: !same }));
      const title = found.b ? found.b.title : t("Boundaries in force");
      this.show(mode, units, title);
      this.table(found, title);
      history.replaceState(null, "", `#${this.desk.fragment()}`);
    } catch (trouble) {
      this.desk.say(trouble.message, true);
    }
  }

  async past() {
    const day = byId("past-day").value;
    if (!day) {
      byId("past-day").focus();
      this.desk.say(t("Choose a day first."), true);
      return;
    }
    try {
      const found = await get(`/past?day=${day}`);
      if (!found.units.length) throw new Error(t("No boundary was in force on {day}.", { day: date(day) }));
      this.show(this.mode ?? "beside", found.units.map((unit) => ({ ...unit, figures: null, changed: false })), t("Boundaries on {day}", { day: date(found.day) }));
      fill(byId("compare-box"), this.head(t("Boundaries on {day}", { day: date(found.day) })), el("p", { class: "panel-hint", text: t("{count} grids had a boundary that day.", { count: count(found.units.length) }) }));
      byId("compare-box").hidden = false;
    } catch (trouble) {
      this.desk.say(trouble.message, true);
    }
  }

  /** Draw the other picture right of the plan (beside) or under a line that can be moved (swipe). */
  show(mode, units, title) {
    this.mode = mode;
    document.body.dataset.compare = mode;
    const box = byId("second");
    box.hidden = false;
    const { frame } = this.desk.board;
    if (this.second === null) {
      this.second = L.map(box, { zoomControl: false, attributionControl: false, zoomSnap: 0.1, maxZoom: 19, minZoom: 7, doubleClickZoom: false });
      this.layer = L.geoJSON(null, { renderer: L.svg({ padding: 0.4 }), interactive: false, style: ({ properties }) => this.style(properties) }).addTo(this.second);
      this.second.on("move", () => this.follow(this.second, frame));
    }
    this.layer.clearLayers();
    this.layer.addData({ type: "FeatureCollection", features: units.map(feature) });
    this.labels?.remove();
    this.labels = L.layerGroup().addTo(this.second);
    for (const layer of this.layer.getLayers()) {
      const text = el("span", { class: "cell-label" }, el("b", { text: layer.feature.properties.code.slice(12) }));
      L.marker(layer.getBounds().getCenter(), { icon: L.divIcon({ html: text, className: "map-name", iconSize: [0, 0] }), interactive: false, keyboard: false }).addTo(this.labels);
    }
    byId("second-title").textContent = title;
    byId("second-title").hidden = false;
    this.slider.hidden = mode !== "swipe";
    const centre = frame.getCenter();
    this.following = true;
    frame.invalidateSize({ animate: false });
    frame.setView(centre, frame.getZoom(), { animate: false });
    this.second.invalidateSize({ animate: false });
    this.second.setView(centre, frame.getZoom(), { animate: false });
    this.following = false;
    this.cut();
  }

  style({ figures, code, changed }) {
    const unit = this.desk.draft.units.find((each) => each.code === code);
    const { norm } = this.desk.draft;
    const [low, high] = unit?.urban ? [norm.urban_low, norm.urban_high] : [norm.rural_low, norm.rural_high];
    const fillColor = figures ? theme.bands[figures.households < low ? "below" : figures.households > high ? "above" : "inside"] : "#ffffff";
    return { color: changed ? theme.lines.focus : theme.lines.community, weight: changed ? 2.2 : 1.2, fillColor, fillOpacity: 1 };
  }

  cut() {
    const share = Number(this.slider.value) / 10;
    byId("second").style.clipPath = this.mode === "swipe" ? `inset(0 0 0 ${share}%)` : "";
    document.body.style.setProperty("--swipe", `${share}%`);
  }

  head(title) {
    return el("header", {}, el("h2", { text: title, dir: "auto" }), button(t("End"), "x", () => this.end()));
  }

  table(found, title) {
    const box = byId("compare-box");
    const changed = found.units.filter(({ same }) => !same);
    box.hidden = false;
    fill(
      box,
      this.head(t("{one} beside {other}", { one: found.a.title, other: title })),
      el("p", { class: "panel-hint", text: t("{grids} grids differ; {count} households are in another grid.", { grids: count(changed.length), count: count(found.households_moved) }) }),
      el("div", { class: "change-cards" }, ...changed.map(({ code, name, figures_a: after, figures_b: before }) => changeCard({ code, name, before, after, band_after: this.desk.board.units.get(code)?.band }))),
    );
  }

  end() {
    this.mode = null;
    delete document.body.dataset.compare;
    byId("second").hidden = true;
    byId("second-title").hidden = true;
    byId("compare-box").hidden = true;
    this.slider.hidden = true;
    this.desk.board.frame.invalidateSize({ animate: false });
    history.replaceState(null, "", `#${this.desk.fragment()}`);
  }
}
