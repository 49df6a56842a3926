// Pins of the cases, drawn on one canvas: shape and colour say the light; the chosen one is ringed.

import { outlines } from "../outlines.js";

const L = window.L;
const LOOKS = {
  red: { color: "#8f1d14", fillColor: "#c4281c", radius: 7 },
  yellow: { color: "#8a6200", fillColor: "#e0a100", radius: 6 },
  green: { color: "#1d5c39", fillColor: "#2e8b57", radius: 5 },
  none: { color: "#5b6470", fillColor: "#ffffff", radius: 4 },
};

export class Pins {
  /** `onPick(id)` is called when a pin is clicked. */
  constructor(frame, onPick) {
    this.frame = frame;
    outlines(frame);
    this.onPick = onPick;
    this.group = L.featureGroup().addTo(frame);
    this.canvas = L.canvas({ padding: 0.3 });
    this.byId = new Map();
    this.ring = L.circleMarker([0, 0], { radius: 12, color: "#111827", weight: 3, fill: false, interactive: false });
  }

  /** Draw points [id, lon, lat, light, status]: late ones on top. */
  show(points, { fit = true } = {}) {
    this.group.clearLayers();
    this.byId.clear();
    this.ring.remove();
    const order = { red: 3, yellow: 2, green: 1 };
    for (const [id, lon, lat, light] of [...points].sort((a, b) => (order[a[3]] ?? 0) - (order[b[3]] ?? 0))) {
      const pin = L.circleMarker([lat, lon], { ...LOOKS[light ?? "none"], renderer: this.canvas, weight: 1.5, fillOpacity: 0.9 });
      pin.on("click", () => this.onPick(id));
      this.byId.set(id, pin);
      this.group.addLayer(pin);
    }
    if (fit && points.length > 0) this.frame.fitBounds(this.group.getBounds().pad(0.08), { animate: false, maxZoom: 16 });
  }

  /** Ring one case, or none. */
  focus(id) {
    const pin = this.byId.get(id);
    if (!pin) return void this.ring.remove();
    this.ring.setLatLng(pin.getLatLng()).addTo(this.frame);
  }
}
