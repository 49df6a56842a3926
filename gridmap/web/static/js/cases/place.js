// The one pin of a case on its own page.

import { boot } from "../words.js";
import { outlines } from "../outlines.js";

const L = window.L;
const frame = window.gridmapFrame;
outlines(frame);
L.circleMarker([boot.lat, boot.lon], { radius: 9, color: "#8f1d14", fillColor: "#c4281c", fillOpacity: 0.9, weight: 2 }).addTo(frame);
frame.setView([boot.lat, boot.lon], 16, { animate: false });
