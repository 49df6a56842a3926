// Which kept grid a place falls in, without a server: crossings of a ray with each ring, and plain distances.

/** The feature whose polygon holds a place, or null. */
export function holding(outlines, { lon, lat }) {
  return outlines?.features.find(({ geometry }) => polygons(geometry).some((rings) => rings.reduce((inside, ring) => inside !== crosses(ring, lon, lat), false))) ?? null;
}

const polygons = (geometry) => (geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates]);

function crosses(ring, x, y) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Metres between two places (on a sphere: good enough to sort by). */
export function metres(a, b) {
  const rad = Math.PI / 180;
  const h = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 12_742_000 * Math.asin(Math.sqrt(h));
}
