// Two maps of one ground: swiped over one another, or side by side and moved together.

import { byId, el } from "../dom.js";
import { theme } from "../palette.js";
import { count, t } from "../words.js";
import { feature } from "./board.js";
import { get } from "./server.js";

const L = window.L;

export class Compare {
  constructor(frame) {
    this.frame = frame;
    this.mode = null;
    this.second = null;
    this.layer = null;
    byId("swipe-at").addEventListener("input", () => this.clip());
    frame.on("move zoom resize", () => this.clip());
  }

  style(differs) {
    return { color: differs ? "#b3410a" : theme.lines.grid, weight: differs ? 2.2 : 1, fillColor: differs ? "#fbe3d0" : "#f4f5f2", fillOpacity: 1 };
  }

  /** Compare with another plan ("base": the boundaries in force). */
  async start(mode, other) {
    const found = await get(`/compare${other === "base" ? "" : `?with=${other}`}`);
    const shapes = found.units.filter(({ b }) => b).map(({ code, name, same, b, figures_b: figures }) => ({ code, name, same, figures, geometry: b }));
    const title = found.b ? found.b.title : t("Boundaries in force");
    this.show(mode, shapes, t("{name}; {count} households change hands", { name: title, count: count(found.households_moved) }));
  }

  /** The boundaries of a day gone by. */
  async past(day) {
    const found = await get(`/past?day=${day}`);
    this.show("swipe", found.units.map((unit) => ({ ...unit, same: true, figures: null })), t("Boundaries as of {day}", { day: found.day }));
  }

  show(mode, shapes, title) {
    this.end();
    this.mode = mode;
    byId("map-title").textContent = mode === "swipe" ? t("Left: {title}. Right: this plan.", { title }) : t("Left: this plan. Right: {title}.", { title });
    const data = { type: "FeatureCollection", features: shapes.map(feature) };
    const options = { pmIgnore: true, interactive: true, style: ({ properties }) => this.style(!properties.same) };
    if (mode === "swipe") {
      byId("swipe-at").hidden = false;
      this.layer = L.geoJSON(data, { ...options, pane: "before", renderer: L.svg({ pane: "before", padding: 0.4 }) }).addTo(this.frame);
      this.layer.bindTooltip((layer) => tip(layer.feature.properties), { sticky: true, className: "map-tip" });
      this.frame.getPane("before").style.zIndex = 430;
      this.clip();
      return;
    }
    const box = byId("second");
    box.hidden = false;
    byId("map").classList.add("is-half");
    this.frame.invalidateSize({ animate: false });
    this.second = L.map(box, { attributionControl: false, zoomControl: false, zoomSnap: 0.1, maxZoom: 19 });
    this.second.setView(this.frame.getCenter(), this.frame.getZoom(), { animate: false });
    L.geoJSON(data, options).bindTooltip((layer) => tip(layer.feature.properties), { sticky: true, className: "map-tip" }).addTo(this.second);
    const follow = (one, other) => () => {
      if (this.following || !this.second) return;
      this.following = true;
      other.setView(one.getCenter(), one.getZoom(), { animate: false });
      this.following = false;
    };
    this.moves = [follow(this.frame, this.second), follow(this.second, this.frame)];
    this.frame.on("move", this.moves[0]);
    this.second.on("move", this.moves[1]);
  }

  clip() {
    if (this.mode !== "swipe") return;
    const size = this.frame.getSize();
    const at = (Number(byId("swipe-at").value) / 1000) * size.x;
    const low = this.frame.containerPointToLayerPoint([0, 0]);
    const high = this.frame.containerPointToLayerPoint([at, size.y]);
    this.frame.getPane("before").style.clip = `rect(${low.y}px, ${high.x}px, ${high.y}px, ${low.x}px)`;
  }

  end() {
    this.layer?.remove();
    this.layer = null;
    byId("swipe-at").hidden = true;
    byId("map-title").textContent = "";
    if (this.second) {
      this.frame.off("move", this.moves[0]);
      this.second.remove();
      this.second = null;
      byId("second").hidden = true;
      byId("map").classList.remove("is-half");
      this.frame.invalidateSize({ animate: false });
    }
    this.mode = null;
  }
}

function tip({ name, code, figures }) {
  return el("div", {}, el("strong", { text: name }), el("div", { class: "tip-second", text: code }), figures ? el("div", { class: "tip-figure", text: t("{count} households", { count: count(figures.households) }) }) : null);
}
