// What would change, on a map and as a list: old outlines dashed, new ones solid; a row and its shape go together.

import { ask } from "../api.js";
import { el, fill } from "../dom.js";
import { count, t } from "../words.js";

const L = window.L;
const ROWS = 200;

/** Kinds of change in the order they are shown, and how each is drawn. Dashes and fills carry it in grey print too. */
const STYLE = {
  new: { color: "#0b6b3a", weight: 2, fillColor: "#9ad0b3", fillOpacity: 0.45 },
  changed: { color: "#1f5f9e", weight: 2, fillColor: "#a9c8e4", fillOpacity: 0.35 },
  gone: { color: "#b42318", weight: 1.8, dashArray: "2 5", fillColor: "#f3c1bb", fillOpacity: 0.35 },
  same: { color: "#9aa3af", weight: 0.8, fillColor: "#d9dde3", fillOpacity: 0.35 },
};
const OLD = { color: "#b3410a", weight: 2, dashArray: "6 5", fill: false };

export const changeWord = (change) => ({ new: t("new"), changed: t("changed"), gone: t("gone"), same: t("same") })[change] ?? change;

function styleOf({ change, side }) {
  if (side === "old" && change === "changed") return OLD;
  return STYLE[change] ?? STYLE.same;
}

export class Changes {
  constructor(place, upload) {
    this.upload = upload;
    this.only = "";
    this.chosen = null;
    this.map = null;
    this.shapes = new Map();
    this.list = el("ul", { class: "change-list" });
    this.note = el("p", { class: "hint" });
    this.mapBox = el("div", { class: "change-map", role: "application", "aria-label": t("Map of what would change") });
    this.legend = el("ul", { class: "map-legend" });
    this.box = el("div", { class: "changes" }, el("div", { class: "change-map-box" }, this.mapBox, this.legend), el("div", { class: "change-side" }, this.list, this.note));
    fill(place, this.box);
  }

  async load() {
    const [preview, outline] = await Promise.all([ask("preview", `${this.upload.id}/preview`), ask("outline", "outline")]);
    this.rows = new Map();
    for (const { properties } of preview.features) {
      if (properties.change) this.rows.set(properties.code, { ...properties, name: properties.name ?? "" });
    }
    if (this.rows.size === 0) {
      this.box.remove();
      return;
    }
    const placed = preview.features.filter(({ geometry }) => geometry);
    if (placed.length) this.draw(placed, outline);
    else this.mapBox.parentElement.remove();
    this.box.classList.toggle("without-map", placed.length === 0);
    this.write();
  }

  draw(features, outline) {
    this.map = L.map(this.mapBox, { attributionControl: false, zoomSnap: 0.25, minZoom: 5, maxZoom: 19, scrollWheelZoom: false });
    this.mapBox.addEventListener("click", () => this.map.scrollWheelZoom.enable());
    L.control.scale({ imperial: false }).addTo(this.map);
    L.geoJSON(outline, { interactive: false, style: { color: "#6b7280", weight: 1, fillColor: "#fff", fillOpacity: 0.6 } }).addTo(this.map);
    const order = { same: 0, gone: 1, new: 2, changed: 3 };
    const sorted = [...features].sort((a, b) => (order[a.properties.change] ?? 0) - (order[b.properties.change] ?? 0) || (a.properties.side === "old" ? 1 : -1));
    const all = L.geoJSON(
      { type: "FeatureCollection", features: sorted },
      {
        style: (feature) => styleOf(feature.properties),
        pointToLayer: (feature, at) => L.circleMarker(at, { ...styleOf(feature.properties), radius: 4, fillOpacity: 0.8 }),
        onEachFeature: (feature, layer) => {
          const { code } = feature.properties;
          this.shapes.set(code, [...(this.shapes.get(code) ?? []), layer]);
          layer.on("click", () => this.choose(code, false));
        },
      },
    ).addTo(this.map);
    all.bindTooltip((layer) => tip(layer.feature.properties), { sticky: true, className: "map-tip" });
    const bounds = L.featureGroup(all.getLayers().filter((layer) => layer.feature.properties.change !== "same")).getBounds();
    this.map.fitBounds(bounds.isValid() ? bounds : all.getBounds(), { padding: [24, 24], maxZoom: 16, animate: false });
    const kinds = new Set(features.map(({ properties }) => properties.change));
    const hasOld = features.some(({ properties }) => properties.side === "old" && properties.change === "changed");
    const entry = (className, words) => el("li", {}, el("span", { class: `key ${className}`, "aria-hidden": "true" }), el("span", { text: words }));
    fill(
      this.legend,
      kinds.has("new") ? entry("key-new", t("new")) : null,
      kinds.has("changed") ? entry("key-changed", t("new outline")) : null,
      hasOld ? entry("key-old", t("old outline")) : null,
      kinds.has("gone") ? entry("key-gone", t("gone")) : null,
      kinds.has("same") ? entry("key-same", t("same")) : null,
      entry("key-county", t("towns of the county")),
    );
  }

  /** Show only one kind of change; "" shows all but those that stay the same. */
  filter(kind) {
    this.only = kind;
    this.write();
  }

  write() {
    if (!this.rows) return;
    const wanted = [...this.rows.values()].filter(({ change }) => (this.only ? change === this.only : change !== "same"));
    fill(
      this.list,
      ...wanted.slice(0, ROWS).map((row) =>
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", class: "change-row", "aria-pressed": String(row.code === this.chosen), data: { code: row.code }, on: { click: () => this.choose(row.code, true) } },
            el("span", { class: `badge change-${row.change}`, text: changeWord(row.change) }),
            el("span", { class: "change-name", text: row.name || row.code, dir: "auto" }),
            row.name ? el("span", { class: "code", text: row.code }) : null,
          ),
        ),
      ),
    );
    this.note.textContent =
      wanted.length > ROWS
        ? t("The first {shown} of {total} are listed.", { shown: count(ROWS), total: count(wanted.length) })
        : wanted.length === 0
          ? t("Nothing of this kind.")
          : "";
  }

  choose(code, move) {
    this.chosen = code;
    for (const button of this.list.querySelectorAll(".change-row")) {
      const isChosen = button.dataset.code === code;
      button.setAttribute("aria-pressed", String(isChosen));
      if (isChosen && !move) button.scrollIntoView({ block: "nearest" });
    }
    const layers = this.shapes.get(code) ?? [];
    for (const [each, group] of this.shapes) {
      for (const layer of group) {
        const style = styleOf(layer.feature.properties);
        layer.setStyle({ ...style, weight: each === code ? style.weight + 2 : style.weight });
        if (each === code) layer.bringToFront();
      }
    }
    if (move && layers.length) {
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.map.fitBounds(L.featureGroup(layers).getBounds(), { padding: [40, 40], maxZoom: 17, animate: !still });
    }
  }
}

function tip({ name, code, change, side }) {
  const words = side === "old" && change === "changed" ? t("old outline") : changeWord(change);
  return el("div", {}, el("strong", { text: name || code }), el("div", { class: "tip-second", text: `${code} · ${words}` }));
}
