// Draws on the frame that folium composed: units coloured by figures, blind areas hatched above them.

import { contains, levelOf, prefix, target } from "./codes.js";
import { Detail } from "./detail.js";
import { el } from "./dom.js";
import { Names } from "./names.js";
import { colourOn, hatchColour, hatchFill, theme } from "./palette.js";
import { count, percent, t } from "./words.js";

const L = window.L;
const MOST_ZOOM = { county: 18, town: 18, community: 17, grid: 16 };
const SMALL_PX = 16; // below this size on the screen a blind area gets a ring around it
const hovers = matchMedia("(hover: hover)").matches;

const drawnOn = (pane) => ({ pane, renderer: L.svg({ pane, padding: 0.4 }) });

export class CoverageMap {
  /** `onUnit(code)` and `onFinding(id)` are called on clicks; `covered()` gives the part of the map behind panels. */
  constructor(frame, { scope, onUnit, onFinding, covered }) {
    this.frame = frame;
    this.covered = covered;
    this.unit = null;
    this.shade = { measure: "index", values: {} };
    this.places = new Map(); // code → bounds
    this.findings = new Map(); // id → layer
    frame.doubleClickZoom.disable();
    frame.attributionControl?.remove();
    this.ground = L.layerGroup().addTo(frame);
    this.units = L.geoJSON(null, { ...drawnOn("units"), style: (feature) => this.unitStyle(feature) }).addTo(frame);
    this.outlines = L.geoJSON(null, { ...drawnOn("outlines"), interactive: false, style: (feature) => outlineStyle(feature, this.unit) }).addTo(frame);
    this.blind = L.geoJSON(null, {
      ...drawnOn("blind"),
      style: (feature) => blindStyle(feature.properties),
      pointToLayer: (feature, place) => L.circleMarker(place, { ...drawnOn("blind"), radius: 5 }),
      onEachFeature: (feature, layer) => this.findings.set(feature.properties.id, layer),
    }).addTo(frame);
    this.halos = L.featureGroup().addTo(frame);
    this.haloRenderer = L.svg({ pane: "halos", padding: 0.4 });
    this.focus = L.layerGroup().addTo(frame);
    this.focusRenderer = L.svg({ pane: "focus", padding: 0.4 });
    this.names = new Names(frame);
    this.units.on("click", (event) => onUnit(target(this.unit, event.propagatedFrom.feature.properties.code)));
    for (const group of [this.blind, this.halos]) {
      group.on("click", (event) => {
        L.DomEvent.stopPropagation(event);
        onFinding(event.propagatedFrom.finding ?? event.propagatedFrom.feature.properties.id);
      });
    }
    if (hovers) {
      this.units.bindTooltip((layer) => this.unitTip(layer.feature.properties), { sticky: true, className: "map-tip" });
      this.blind.bindTooltip((layer) => findingTip(layer.feature.properties), { sticky: true, className: "map-tip" });
    }
    frame.on("zoomend", () => this.drawHalos());
    this.detail = new Detail(frame, {
      scope,
      layers: () => [...this.outlines.getLayers(), ...this.units.getLayers()],
      towns: () => this.townBounds ?? [],
    });
  }

  /** Draw the shapes: {bounds, grids, communities, towns, ground} as GeoJSON, looking at a unit. */
  show(geometry, unit) {
    const [west, south, east, north] = geometry.bounds;
    this.whole = L.latLngBounds([south, west], [north, east]);
    // Look at the right place before anything is drawn: every move afterwards would project all shapes again.
    this.unit = unit;
    this.moveTo(boundsIn(geometry, unit) ?? this.whole, false, MOST_ZOOM[levelOf(unit)]);
    this.ground.clearLayers();
    for (const kind of ["river", "road"]) {
      const lines = geometry.ground?.[kind];
      if (lines) L.geoJSON(lines, { ...drawnOn("ground"), interactive: false, style: groundStyle(kind) }).addTo(this.ground);
    }
    this.units.clearLayers();
    this.outlines.clearLayers();
    this.units.addData(geometry.grids);
    this.outlines.addData(geometry.communities);
    this.outlines.addData(geometry.towns);
    this.title = new Map();
    this.household = new Map();
    for (const layer of [...this.outlines.getLayers(), ...this.units.getLayers()]) {
      const { code, name, households } = layer.feature.properties;
      this.places.set(code, layer.getBounds());
      this.title.set(code, name);
      this.household.set(code, households);
    }
    this.townBounds = geometry.towns.features.map(({ properties: { code } }) => ({ code, bounds: this.places.get(code) }));
    this.names.show(geometry);
  }

  /** Colour the grids: {measure: "index" | "touched", values: {code: share}}. */
  colour(shade) {
    this.shade = shade;
    this.restyle();
  }

  restyle() {
    this.units.setStyle((feature) => this.unitStyle(feature));
    this.outlines.setStyle((feature) => outlineStyle(feature, this.unit));
  }

  unitStyle({ properties }) {
    const inside = this.unit === null || contains(this.unit, properties.code);
    return {
      color: theme.lines.grid,
      weight: inside ? 0.7 : 0.4,
      fillColor: colourOn(theme[this.shade.measure], this.shade.values[properties.code]),
      fillOpacity: inside ? 1 : 0.25,
      opacity: inside ? 1 : 0.4,
    };
  }

  unitTip({ code }) {
    const shown = target(this.unit, code);
    const value = this.shade.values[code];
    const words = this.shade.measure === "index" ? t("Coverage index of this grid") : t("Households touched in this grid");
    return el(
      "div",
      {},
      el("strong", { text: this.title.get(shown) ?? shown }),
      shown === code ? null : el("div", { class: "tip-second", text: this.title.get(code) ?? code }),
      el("div", { class: "tip-figure", text: `${words}: ${percent(value)}` }),
    );
  }

  /** Turn to a unit: dim what lies outside, outline it, and (unless told not to) move there. */
  turnTo(unit, { move = true, gently = true } = {}) {
    this.unit = unit;
    this.restyle();
    this.focus.clearLayers();
    const shape = this.shapeOf(unit);
    if (shape) {
      const line = { pane: "focus", renderer: this.focusRenderer, interactive: false, fill: false };
      L.geoJSON(shape, { ...line, style: { color: "#fff", weight: 6, opacity: 0.9 } }).addTo(this.focus);
      L.geoJSON(shape, { ...line, style: { color: theme.lines.focus, weight: 2.5 } }).addTo(this.focus);
    }
    this.names.turnTo(unit);
    if (move) this.moveTo(this.boundsOf(unit), gently, MOST_ZOOM[levelOf(unit)]);
  }

  shapeOf(unit) {
    for (const group of [this.outlines, this.units]) {
      const found = group.getLayers().find((layer) => layer.feature.properties.code === unit);
      if (found) return found.feature;
    }
    return null;
  }

  boundsOf(unit) {
    if (this.places.has(unit)) return this.places.get(unit);
    const begin = prefix(unit);
    const inside = [...this.places].filter(([code]) => code.startsWith(begin)).map(([, bounds]) => bounds);
    if (levelOf(unit) === "county" || inside.length === 0) return this.whole;
    return inside.reduce((all, bounds) => all.extend(bounds), L.latLngBounds(inside[0]));
  }

  moveTo(bounds, gently = true, maxZoom = 17) {
    if (!bounds?.isValid()) return;
    const [left, top, right, bottom] = this.covered();
    const options = { paddingTopLeft: [left + 14, top + 14], paddingBottomRight: [right + 14, bottom + 14], maxZoom };
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (gently && !still) this.frame.flyToBounds(bounds, { ...options, duration: 0.6 });
    else this.frame.fitBounds(bounds, { ...options, animate: false });
  }

  /** Draw the blind areas: a feature collection with id, lens, blindness, severity, state, households. */
  showBlind(collection) {
    this.findings.clear();
    this.blind.clearLayers();
    this.blind.addData(collection);
    this.drawHalos();
  }

  drawHalos() {
    this.halos.clearLayers();
    for (const [id, layer] of this.findings) {
      const properties = layer.feature.properties;
      if (layer.getRadius) continue;
      const bounds = layer.getBounds();
      if (!bounds.isValid()) continue;
      const low = this.frame.latLngToLayerPoint(bounds.getSouthWest());
      const high = this.frame.latLngToLayerPoint(bounds.getNorthEast());
      if (Math.max(Math.abs(high.x - low.x), Math.abs(high.y - low.y)) > SMALL_PX) continue;
      const ring = L.circleMarker(bounds.getCenter(), {
        pane: "halos",
        renderer: this.haloRenderer,
        radius: properties.severity === "high" ? 9 : 7,
        color: hatchColour(properties.blindness),
        weight: properties.state === "cured" ? 1.5 : 2.5,
        dashArray: properties.state === "cured" ? "3 3" : null,
        fillColor: hatchFill(properties.blindness),
        fillOpacity: properties.state === "cured" ? 0 : 0.9,
      });
      ring.finding = id;
      if (hovers) ring.bindTooltip(() => findingTip(properties), { sticky: true, className: "map-tip" });
      this.halos.addLayer(ring);
    }
  }

  /** Point out one blind area ({id, blindness, shape}): fly there and set it off; null ends it. */
  pointOut(finding) {
    this.pointed?.remove();
    this.pointed = null;
    if (!finding?.shape) return;
    const at = { pane: "focus", renderer: this.focusRenderer, interactive: false };
    const drawn = this.findings.has(finding.id);
    const style = { color: "#111827", weight: 2.5, dashArray: "6 4", fill: !drawn, fillColor: hatchFill(finding.blindness), fillOpacity: 0.95 };
    const mark = (place, radius) => L.circleMarker(place, { ...at, ...style, radius });
    const shape = L.geoJSON(finding.shape, { ...at, style, pointToLayer: (_, place) => mark(place, 9) });
    const bounds = shape.getBounds();
    if (!bounds.isValid()) return;
    // A ring too, so that the eye finds a sliver that is thinner than a pixel.
    this.pointed = L.featureGroup([shape]).addTo(this.frame);
    const metres = bounds.getNorthEast().distanceTo(bounds.getSouthWest());
    if (metres < 60) L.circleMarker(bounds.getCenter(), { ...at, ...style, fill: false, radius: 18 }).addTo(this.pointed);
    this.moveTo(bounds.getCenter().toBounds(Math.max(150, metres * 2.2)), true, 18);
  }
}

/** Bounds of a unit's shape in the fetched shapes, or null. */
function boundsIn({ towns, communities, grids }, unit) {
  for (const { features } of [towns, communities, grids]) {
    const found = features.find(({ properties }) => properties.code === unit);
    if (found) return L.geoJSON(found).getBounds();
  }
  return null;
}

function outlineStyle({ properties }, unit = null) {
  const inside = unit === null || contains(unit, properties.code) || contains(properties.code, unit);
  const town = properties.level === "town";
  return {
    color: town ? theme.lines.town : theme.lines.community,
    weight: town ? 1.8 : 1,
    opacity: inside ? (town ? 0.95 : 0.75) : 0.35,
    fill: false,
  };
}

function groundStyle(kind) {
  return { color: theme.ground[kind], weight: kind === "river" ? 3 : 1.6, opacity: 0.85 };
}

function blindStyle({ blindness, state, severity }) {
  const colour = hatchColour(blindness);
  if (state === "cured") return { color: colour, weight: 1.5, dashArray: "4 4", fillOpacity: 0 };
  return {
    color: colour,
    weight: state === "new" ? 3.5 : severity === "high" ? 2.5 : 2,
    fillColor: hatchFill(blindness),
    fillOpacity: 0.95,
  };
}

function findingTip({ title, households, state }) {
  const second = [t("{count} households", { count: count(households) })];
  if (state === "new") second.push(t("new"));
  if (state === "cured") second.push(t("cured"));
  return el("div", {}, el("strong", { text: title }), el("div", { class: "tip-second", text: second.join(" · ") }));
}
