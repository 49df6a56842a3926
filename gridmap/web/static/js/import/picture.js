// Small pictures of where data would lie: shapes in degrees, drawn as SVG beside the county's outline.

import { svg } from "../dom.js";

const WIDE = 260;
const HIGH = 170;
const MARGIN = 12;

function rings(geometry) {
  if (!geometry) return [];
  const { type, coordinates } = geometry;
  if (type === "Polygon") return coordinates;
  if (type === "MultiPolygon") return coordinates.flat();
  if (type === "LineString") return [coordinates];
  if (type === "MultiLineString") return coordinates;
  if (type === "GeometryCollection") return geometry.geometries.flatMap(rings);
  return [];
}

function dots(geometry) {
  if (!geometry) return [];
  if (geometry.type === "Point") return [geometry.coordinates];
  return geometry.type === "MultiPoint" ? geometry.coordinates : [];
}

const sound = ([x, y]) => Number.isFinite(x) && Number.isFinite(y) && Math.abs(x) <= 720 && Math.abs(y) <= 180;

/** Bounds of features in degrees, [west, south, east, north], or null. */
export function boundsOf(features) {
  const places = features.flatMap(({ geometry }) => [...rings(geometry).flat(), ...dots(geometry)]).filter(sound);
  if (places.length === 0) return null;
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const low = (all) => all.reduce((a, b) => Math.min(a, b));
  const high = (all) => all.reduce((a, b) => Math.max(a, b));
  return [low(xs), low(ys), high(xs), high(ys)];
}

/** A feature that is a box: for a choice of which only the bounds are known. */
export const boxOf = ([west, south, east, north]) => ({
  type: "Feature",
  properties: {},
  geometry: { type: "Polygon", coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] },
});

/**
 * A window in which a shift between two drawings of the same data can be seen: around a corner of what stands, as near
 * to the middle of the data as there is one. Null where nothing is known of one of them.
 */
export function closeUp(ground, drawings) {
  const boxes = drawings.map(boundsOf).filter(Boolean);
  const corners = ground.flatMap(({ geometry }) => rings(geometry).flat()).filter(sound);
  if (boxes.length < 2 || corners.length === 0) return null;
  const apart = Math.max(...boxes.slice(1).flatMap((box) => [Math.abs(box[0] - boxes[0][0]), Math.abs(box[1] - boxes[0][1])]));
  const [west, south, east, north] = boxes[0];
  const middle = [(west + east) / 2, (south + north) / 2];
  const far = ([x, y]) => (x - middle[0]) ** 2 + (y - middle[1]) ** 2;
  const [x, y] = corners.reduce((best, corner) => (far(corner) < far(best) ? corner : best));
  const reach = Math.min(Math.max(apart * 4, 0.004), Math.max(east - west, north - south) / 2);
  return reach > 0 ? [x - reach, y - reach * 0.6, x + reach, y + reach * 0.6] : null;
}

/** Draw layers: [{features, className}], the first lowest; `window` cuts out a part. Null where there is nothing to draw. */
export function picture(layers, label, window = null) {
  const bounds = window ?? boundsOf(layers.flatMap(({ features }) => features));
  if (bounds === null) return null;
  const [west, south, east, north] = bounds;
  // A degree of longitude is shorter than one of latitude: draw in the proportions of the ground.
  const squeeze = Math.max(0.05, Math.cos((((south + north) / 2) * Math.PI) / 180));
  const [across, up] = [Math.max((east - west) * squeeze, 1e-6), Math.max(north - south, 1e-6)];
  const edge = window ? 0 : MARGIN;
  const scale = Math[window ? "max" : "min"]((WIDE - 2 * edge) / across, (HIGH - 2 * edge) / up);
  const left = (WIDE - across * scale) / 2;
  const top = (HIGH - up * scale) / 2;
  const at = ([x, y]) => [left + (x - west) * squeeze * scale, top + (north - y) * scale];
  const drawn = layers.map(({ features, className }) => {
    const path = features
      .flatMap(({ geometry }) => rings(geometry))
      .map((ring) => ring.filter(sound).map(at))
      .filter((ring) => ring.length > 1)
      .map((ring) => `M${ring.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`)
      .join("");
    const group = svg("g", { class: className });
    if (path) {
      group.append(svg("path", { d: path }));
      const box = boundsOf(features);
      const [low, high] = [at([box[0], box[1]]), at([box[2], box[3]])];
      // Too small to be seen: a ring says where to look.
      if (window === null && Math.max(high[0] - low[0], low[1] - high[1]) < 7) {
        group.append(svg("circle", { class: "picture-ring", cx: (low[0] + high[0]) / 2, cy: (low[1] + high[1]) / 2, r: 8 }));
      }
    }
    for (const place of features.flatMap(({ geometry }) => dots(geometry)).filter(sound).slice(0, 400)) {
      const [x, y] = at(place);
      group.append(svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 2 }));
    }
    return group;
  });
  return svg("svg", { class: "picture", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label }, ...drawn);
}
