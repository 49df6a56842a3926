// The map of who has met: a dot per courtyard, a square where nobody met for long. The list beside it says the same.

import { boot, t } from "../words.js";
import { outlines } from "../outlines.js";

const L = window.L;
const frame = window.gridmapFrame;
outlines(frame);

function mark({ name, lon, lat, days }) {
  const late = days === null || days > boot.long;
  const icon = L.divIcon({ className: `lamp ${late ? "lamp-red" : "lamp-green"}`, iconSize: [12, 12] });
  const said = days === null ? t("never met") : t("met {days} days ago", { days });
  const marker = L.marker([lat, lon], { icon, title: `${name}: ${said}`, alt: `${name}: ${said}`, keyboard: false, zIndexOffset: late ? 1000 : 0 });
  const box = document.createElement("div");
  const title = document.createElement("b");
  title.textContent = name;
  box.append(title, document.createElement("br"), said);
  return marker.bindPopup(box);
}

const placed = boot.met.filter(({ lon }) => lon !== null);
const group = L.featureGroup(placed.map(mark)).addTo(frame);
if (placed.length > 0) frame.fitBounds(group.getBounds().pad(0.1), { animate: false });
