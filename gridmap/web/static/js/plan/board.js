// The map of the desk: grids coloured by their load against the norm, ghosts of what would be, handles of corners.

import { el } from "../dom.js";
import { hatchColour, hatchFill, theme } from "../palette.js";
import { count, t } from "../words.js";

const L = window.L;

export class Board {
  /** `onPick(code)` is called when a grid is chosen on the map. */
  constructor(frame, { onPick }) {
    this.frame = frame;
    this.picked = [];
    this.units = new Map();
    this.draft = null;
    frame.doubleClickZoom.disable();
    frame.attributionControl?.remove();
    for (const [name, height] of [["before", 405], ["ghost", 450], ["handles", 650]]) {
      const pane = frame.createPane(name);
      pane.style.zIndex = height;
      if (name === "ghost") pane.style.pointerEvents = "none";
    }
    const on = (pane) => ({ pane, renderer: L.svg({ pane, padding: 0.4 }) });
    this.cells = L.geoJSON(null, { ...on("units"), pmIgnore: true, style: (feature) => this.style(feature.properties) }).addTo(frame);
    this.compounds = L.geoJSON(null, { ...on("ground"), pmIgnore: true, interactive: false, style: { color: "#7a6f5d", weight: 1, dashArray: "2 3", fill: false } }).addTo(frame);
    this.outlines = L.geoJSON(null, { ...on("outlines"), pmIgnore: true, interactive: false, style: { color: theme.lines.town, weight: 2.2, fill: false } }).addTo(frame);
    this.blind = L.geoJSON(null, { ...on("blind"), pmIgnore: true, interactive: false, style: (feature) => blindStyle(feature.properties) }).addTo(frame);
    this.ghosts = L.geoJSON(null, { ...on("ghost"), pmIgnore: true, interactive: false, style: (feature) => ghostStyle(feature.properties) }).addTo(frame);
    this.labels = L.layerGroup().addTo(frame);
    this.handles = L.layerGroup().addTo(frame);
    this.marks = L.layerGroup().addTo(frame);
    this.cells.on("click", (event) => {
      if (frame.pm.globalDrawModeEnabled()) return; // the click is a corner of the line being drawn
      L.DomEvent.stopPropagation(event);
      onPick(event.propagatedFrom.feature.properties.code, event.originalEvent);
    });
    if (matchMedia("(hover: hover)").matches) this.cells.bindTooltip((layer) => tip(layer.feature.properties), { sticky: true, className: "map-tip" });
    frame.on("zoomend moveend", () => this.drawLabels());
  }

  style(unit) {
    const chosen = this.picked.includes(unit.code);
    return {
      color: chosen ? "#1f5f9e" : unit.changed ? theme.lines.focus : theme.lines.grid,
      weight: chosen ? 3.5 : unit.changed ? 2.2 : 1,
      fillColor: unit.band ? theme.bands[unit.band] : theme.noData,
      fillOpacity: 1,
    };
  }

  /** Draw the draft as the server gave it. */
  show(draft, { fit = false } = {}) {
    this.draft = draft;
    this.units = new Map(draft.units.filter(({ figures }) => figures !== null).map((unit) => [unit.code, unit]));
    this.cells.clearLayers();
    this.cells.addData({ type: "FeatureCollection", features: [...this.units.values()].map(feature) });
    this.outlines.clearLayers();
    this.outlines.addData({ type: "FeatureCollection", features: draft.parents.map(feature) });
    this.compounds.clearLayers();
    this.compounds.addData({ type: "FeatureCollection", features: draft.compounds.filter(({ geometry }) => geometry).map(feature) });
    this.blind.clearLayers();
    const ground = draft.findings.filter(({ geometry, blindness, state }) => geometry && blindness === "ground" && state !== "cured");
    this.blind.addData({ type: "FeatureCollection", features: ground.map(feature) });
    this.raise();
    this.drawLabels();
    if (fit) this.frame.fitBounds(this.outlines.getBounds(), { padding: [30, 30], animate: false });
  }

  raise() {
    for (const layer of this.cells.getLayers()) if (this.picked.includes(layer.feature.properties.code)) layer.bringToFront();
  }

  pick(codes) {
    this.picked = codes;
    this.cells.setStyle(({ properties }) => this.style(properties));
    this.raise();
  }

  drawLabels() {
    this.labels.clearLayers();
    const view = this.frame.getBounds();
    const taken = [];
    for (const layer of this.cells.getLayers()) {
      const { code, figures } = layer.feature.properties;
      const place = layer.getBounds().getCenter();
      if (!view.contains(place)) continue;
      const at = this.frame.latLngToContainerPoint(place);
      if (taken.some((other) => Math.abs(other.x - at.x) < 56 && Math.abs(other.y - at.y) < 30)) continue;
      taken.push(at);
      const text = el("span", { class: "cell-label" }, el("b", { text: code.slice(12) }), el("i", { text: count(figures.households) }));
      L.marker(place, { icon: L.divIcon({ html: text, className: "map-name", iconSize: [0, 0] }), pane: "names", interactive: false, keyboard: false, pmIgnore: true }).addTo(this.labels);
    }
  }

  /** Draw what would be: [{geometry, kind}] with kind unit, gap, overlap, cured or old. */
  ghost(shapes) {
    this.ghosts.clearLayers();
    this.ghosts.addData({ type: "FeatureCollection", features: shapes.filter(({ geometry }) => geometry).map(feature) });
  }

  zoomTo(geometry, most = 18) {
    if (!geometry) return;
    const bounds = L.geoJSON(geometry).getBounds();
    if (bounds.isValid()) this.frame.fitBounds(bounds.pad(0.3), { maxZoom: most });
  }

  /** Corners of a grid that can be dragged; `onDrag(at, to, released)`. */
  showHandles(code, onDrag) {
    this.handles.clearLayers();
    const unit = this.units.get(code);
    if (!unit) return;
    for (const ring of rings(unit.geometry)) {
      for (const [lon, lat] of ring.slice(0, -1)) {
        const handle = L.marker([lat, lon], { draggable: true, pane: "handles", pmIgnore: true, keyboard: false, icon: L.divIcon({ className: "corner", iconSize: [12, 12] }) });
        const where = () => [handle.getLatLng().lng, handle.getLatLng().lat];
        handle.on("drag", () => onDrag([lon, lat], where(), false));
        handle.on("dragend", () => onDrag([lon, lat], where(), true));
        handle.addTo(this.handles);
      }
    }
  }

  /** The grid under a place ([longitude, latitude]), by even-odd. */
  unitAt(place) {
    for (const [code, unit] of this.units) if (rings(unit.geometry).reduce((inside, ring) => inside !== within(place, ring), false)) return code;
    return null;
  }

  /** The parent (community) under a place. */
  parentAt(place) {
    const found = this.draft.parents.find(({ geometry }) => rings(geometry).reduce((inside, ring) => inside !== within(place, ring), false));
    return found?.code ?? null;
  }

  /** Put the outlines and figures of an applied operation in place, before the whole draft is loaded again. */
  takeIn({ units }) {
    for (const { code, name, geometry, after, band_after: band } of units) {
      const known = this.draft.units.find((each) => each.code === code);
      if (known) Object.assign(known, { name, geometry: geometry ?? known.geometry, figures: after, band, changed: true });
      else this.draft.units.push({ code, name, geometry, figures: after, before: null, band, parent: code.slice(0, 12), changed: true });
    }
    this.show(this.draft);
  }

  /** Small round marks with a number: remarks, sites. */
  mark(marks) {
    this.marks.clearLayers();
    for (const { place, text, kind, act } of marks) {
      const icon = L.divIcon({ html: el("span", { text }), className: `pin pin-${kind}`, iconSize: [24, 24] });
      L.marker([place[1], place[0]], { icon, pane: "names", pmIgnore: true, alt: text }).on("click", () => act?.()).addTo(this.marks);
    }
  }
}

export const feature = ({ geometry, ...properties }) => ({ type: "Feature", geometry, properties });

function rings(geometry) {
  return geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
}

function within([x, y], ring) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

function blindStyle({ blindness, state }) {
  return { color: hatchColour(blindness), weight: state === "new" ? 3 : 2, fillColor: hatchFill(blindness), fillOpacity: 0.95 };
}

function ghostStyle({ kind }) {
  if (kind === "gap" || kind === "overlap") return { color: hatchColour("ground"), weight: 3, fillColor: hatchFill("ground"), fillOpacity: 0.9 };
  if (kind === "cured") return { color: "#0b6b3a", weight: 2, fillColor: "#0b6b3a", fillOpacity: 0.25 };
  if (kind === "old") return { color: "#4b5563", weight: 1.5, dashArray: "3 4", fill: false };
  return { color: "#1f5f9e", weight: 3, dashArray: "7 5", fillColor: "#1f5f9e", fillOpacity: 0.12 };
}

function tip({ name, code, figures }) {
  return el(
    "div",
    {},
    el("strong", { text: name }),
    el("div", { class: "tip-second", text: code }),
    el("div", { class: "tip-figure", text: t("{count} households", { count: count(figures.households) }) }),
  );
}
