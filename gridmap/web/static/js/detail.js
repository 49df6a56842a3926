// Exact shapes near by: the county comes simplified; each town that comes near is fetched once, as it was drawn.

import { ask, wasCancelled } from "./api.js";
import { contains } from "./codes.js";

const L = window.L;
const NEAR_ZOOM = 12.75; // here the simplification of the county becomes visible
const AT_ONCE = 4;

export class Detail {
  /** `layers()` gives the layers whose shapes may be replaced, `towns()` the towns with their bounds. */
  constructor(frame, { scope, layers, towns }) {
    this.frame = frame;
    this.scope = scope;
    this.layers = layers;
    this.towns = towns;
    this.asked = new Set();
    frame.on("moveend", () => this.look());
  }

  look() {
    if (this.frame.getZoom() < NEAR_ZOOM) return;
    const view = this.frame.getBounds();
    const near = this.towns().filter(({ code, bounds }) => !this.asked.has(code) && bounds.intersects(view));
    for (const { code } of near.slice(0, AT_ONCE)) this.fetch(code);
  }

  async fetch(town) {
    if (town === this.scope || !contains(this.scope, town)) return;
    this.asked.add(town);
    try {
      this.replace(await ask(`detail-${town}`, `geometry?${new URLSearchParams({ unit: town })}`));
    } catch (error) {
      // The simplified shapes stay; the next move tries again.
      if (!wasCancelled(error)) this.asked.delete(town);
    }
  }

  replace(geometry) {
    const exact = new Map();
    for (const collection of [geometry.grids, geometry.communities, geometry.towns]) {
      for (const feature of collection.features) exact.set(feature.properties.code, feature.geometry);
    }
    for (const layer of this.layers()) {
      const shape = exact.get(layer.feature.properties.code);
      if (!shape) continue;
      layer.feature.geometry = shape;
      layer.setLatLngs(L.GeoJSON.coordsToLatLngs(shape.coordinates, shape.type === "Polygon" ? 1 : 2));
    }
  }
}
