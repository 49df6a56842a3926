// Names on the map: towns from afar, communities nearer, grids near; none over another.

import { contains, levelOf } from "./codes.js";
import { el } from "./dom.js";

const L = window.L;

export class Names {
  constructor(frame) {
    this.frame = frame;
    this.unit = null;
    this.group = L.layerGroup().addTo(frame);
    this.all = { town: [], community: [], grid: [] };
    frame.on("moveend", () => this.draw());
  }

  show({ towns, communities, grids }) {
    const take = (collection) => collection.features.map(({ properties }) => properties).filter(({ label }) => label);
    this.all = { town: take(towns), community: take(communities), grid: take(grids) };
    this.draw();
  }

  turnTo(unit) {
    this.unit = unit;
    this.draw();
  }

  level() {
    const zoom = this.frame.getZoom();
    if (zoom < 11.75) return "town";
    return zoom < 14.25 ? "community" : "grid";
  }

  draw() {
    this.group.clearLayers();
    const level = this.level();
    const view = this.frame.getBounds().pad(-0.02);
    const taken = [];
    const within = (code) => this.unit === null || levelOf(this.unit) === "grid" || contains(this.unit, code);
    const wanted = this.all[level].filter(({ code, label }) => view.contains([label[1], label[0]]) && within(code));
    const size = level === "town" ? 13 : 12;
    for (const { name, label, code } of wanted) {
      const place = L.latLng(label[1], label[0]);
      const at = this.frame.latLngToContainerPoint(place);
      const width = widthOf(name, size);
      const box = [at.x - width / 2, at.y - size / 2 - 2, at.x + width / 2, at.y + size / 2 + 2];
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      // The text is set on an element of our own: a name is never markup.
      const text = el("span", { text: name, dir: "auto" });
      const mark = L.divIcon({ html: text, className: `map-name map-name-${level}`, iconSize: [0, 0] });
      L.marker(place, { icon: mark, pane: "names", interactive: false, keyboard: false, title: "", alt: code }).addTo(this.group);
    }
  }
}

function widthOf(name, size) {
  let width = 8;
  for (const letter of name) width += letter.codePointAt(0) > 0x2e80 ? size : size * 0.58;
  return width;
}

const overlap = (one, other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
