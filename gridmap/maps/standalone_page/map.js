"use strict";
// The standalone map. Reads the data element, draws with Leaflet, and writes every word with textContent.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const PAGE = 100;
  const SMALL = 14;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const byId = (id) => document.getElementById(id);

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (name === "text") node.textContent = value;
      else node.setAttribute(name, value);
    }
    node.append(...children.filter(Boolean));
    return node;
  }

  function svg(tag, attributes, ...children) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function word(text, blanks = {}) {
    return (data.words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => (name in blanks ? String(blanks[name]) : whole));
  }

  // hatchings, once for the whole page
  const definitions = svg("defs");
  for (const [key, style] of Object.entries(data.styles)) {
    const size = style.spacing;
    const mark = style.dots
      ? svg("circle", { cx: size / 2, cy: size / 2, r: size / 4, fill: style.colour })
      : svg("rect", { width: size, height: size * 0.36, fill: style.colour });
    definitions.append(
      svg(
        "pattern",
        { id: `hatch-${key}`, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${style.dots ? 0 : -style.angle})` },
        svg("rect", { width: size, height: size, fill: style.tint, "fill-opacity": 0.88 }),
        mark,
      ),
    );
  }
  document.body.append(svg("svg", { width: 0, height: 0, "aria-hidden": "true" }, definitions));

  function swatch(fill, stroke) {
    return svg("svg", { class: "swatch", viewBox: "0 0 26 15", "aria-hidden": "true" },
      svg("rect", { x: 0.75, y: 0.75, width: 24.5, height: 13.5, rx: 2, fill, stroke, "stroke-width": 1.2 }));
  }
  const hatched = (key) => swatch(`url(#hatch-${key})`, data.styles[key].colour);

  // head
  byId("title").textContent = data.title;
  byId("subtitle").textContent = data.subtitle;
  for (const [name, value] of data.figures) byId("figures").append(el("div", {}, el("dt", { text: name }), el("dd", { text: value })));

  // map
  const map = L.map("map", { attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.5, minZoom: 2, maxZoom: 22 });
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  for (const [name, height] of [["units", 400], ["lines", 420], ["blind", 440], ["rings", 460]]) map.createPane(name).style.zIndex = height;
  map.getPane("lines").style.pointerEvents = "none";
  const renderer = Object.fromEntries(["units", "lines", "blind", "rings"].map((pane) => [pane, L.svg({ pane, padding: 0.5 })]));
  const on = (pane) => ({ pane, renderer: renderer[pane] });

  const units = data.units.map((shape, place) => {
    if (!shape) return null;
    const layer = L.geoJSON(shape, { ...on("units"), style: { color: data.lines.grid, weight: 0.7, fillColor: "#e9eef4", fillOpacity: 1 } });
    layer.bindTooltip(() => el("span", { dir: "auto", text: data.names[place] }), { sticky: true });
    return layer.addTo(map);
  });
  for (const [kind, lines] of Object.entries(data.ground)) {
    for (const line of lines) L.geoJSON(line, { ...on("lines"), interactive: false, style: { color: data.groundColours[kind], weight: kind === "river" ? 3 : 1.6 } }).addTo(map);
  }
  const weights = { county: 2.2, town: 1.7, community: 0.9 };
  for (const [level, shapes] of Object.entries(data.outlines)) {
    for (const shape of shapes) {
      if (shape) L.geoJSON(shape, { ...on("lines"), interactive: false, style: { color: data.lines[level], weight: weights[level] ?? 1, fill: false } }).addTo(map);
    }
  }
  const whole = L.featureGroup(units.filter(Boolean)).getBounds();
  for (const entry of data.entries) if (entry.shape) whole.extend(L.geoJSON(entry.shape).getBounds());
  map.fitBounds(whole, { animate: false, padding: [12, 12] });

  const home = L.control({ position: "topleft" });
  home.onAdd = () => {
    const button = el("a", { href: "#", role: "button", title: word("Show the whole map"), "aria-label": word("Show the whole map"), text: "⌂" });
    L.DomEvent.on(button, "click", (event) => { L.DomEvent.stop(event); map.fitBounds(whole, { padding: [12, 12] }); });
    return el("div", { class: "leaflet-bar" }, button);
  };
  home.addTo(map);

  // blind areas of the present choice
  const blind = L.layerGroup().addTo(map);
  const rings = L.layerGroup().addTo(map);
  let shown = [];
  let layers = new Map();
  let choice = data.choices[0];
  let listed = PAGE;
  let open = null;

  function drawBlind() {
    blind.clearLayers();
    layers = new Map();
    for (const entry of shown) {
      if (!entry.shape) continue;
      const style = data.styles[entry.style];
      const look = { color: style.colour, weight: 2, fillColor: `url(#hatch-${entry.style})`, fillOpacity: 0.95 };
      const layer = L.geoJSON(entry.shape, { ...on("blind"), style: look, pointToLayer: (_, at) => L.circleMarker(at, { ...on("blind"), ...look, radius: 3.5, fillColor: style.colour, weight: 1 }) });
      layer.on("click", () => pick(entry, false));
      layer.bindTooltip(() => el("span", { dir: "auto", text: entry.title }), { sticky: true });
      layers.set(entry, layer.addTo(blind));
    }
    drawRings();
  }

  function drawRings() {
    rings.clearLayers();
    for (const [entry, layer] of layers) {
      if (entry.shape.type.endsWith("Point")) continue;
      const bounds = layer.getBounds();
      const low = map.latLngToLayerPoint(bounds.getSouthWest());
      const high = map.latLngToLayerPoint(bounds.getNorthEast());
      if (Math.max(Math.abs(high.x - low.x), Math.abs(high.y - low.y)) > SMALL) continue;
      const ring = L.circleMarker(bounds.getCenter(), { ...on("rings"), radius: 8, color: data.styles[entry.style].colour, weight: 2.5, fillColor: `url(#hatch-${entry.style})`, fillOpacity: 0.9 });
      ring.on("click", () => pick(entry, false));
      rings.addLayer(ring);
    }
  }
  map.on("zoomend", drawRings);

  function go(entry) {
    const layer = layers.get(entry) ?? units[entry.unit];
    if (!layer) return;
    const bounds = layer.getBounds();
    const metres = bounds.getNorthEast().distanceTo(bounds.getSouthWest());
    const target = bounds.getCenter().toBounds(Math.max(120, metres * 2.4));
    if (still) map.fitBounds(target, { animate: false, maxZoom: 19 });
    else map.flyToBounds(target, { duration: 0.7, maxZoom: 19 });
  }

  function pick(entry, fly = true) {
    open = open === entry && fly ? null : entry;
    const place = shown.indexOf(entry);
    if (place >= listed) listed = Math.ceil((place + 1) / PAGE) * PAGE;
    writeList();
    if (open && fly) go(entry);
    if (open && !fly) byId("list").children[place]?.scrollIntoView({ block: "nearest" });
  }

  function writeList() {
    byId("list-title").textContent = `${choice.title} · ${word("{count} in all", { count: shown.length })}`;
    const focused = document.activeElement?.dataset?.place;
    const rows = shown.slice(0, listed).map((entry, place) => {
      const button = el(
        "button",
        { type: "button", "aria-expanded": String(entry === open), "data-place": place },
        hatched(entry.style),
        el("span", { class: "name", dir: "auto", text: entry.title }),
        el("span", { class: "facts", dir: "auto", text: [entry.rank, ...entry.facts].filter(Boolean).join(" · ") }),
        el("span", { class: "sentences" }, ...entry.sentences.map((text) => el("p", { dir: "auto", text }))),
      );
      button.addEventListener("click", () => pick(entry));
      return el("li", {}, button);
    });
    byId("list").replaceChildren(...(rows.length ? rows : [el("li", { class: "empty", text: word("Nothing found here.") })]));
    if (focused !== undefined) byId("list").querySelector(`[data-place="${Number(focused)}"]`)?.focus({ preventScroll: true });
    const more = byId("more");
    more.hidden = shown.length <= listed;
    more.textContent = word("Show more");
  }
  byId("more").addEventListener("click", () => { listed += PAGE; writeList(); });

  function writeLegend() {
    const used = [...new Set(data.entries.filter((entry) => choice.lenses.includes(entry.lens)).map((entry) => entry.style))];
    byId("legend").replaceChildren(
      ...Object.keys(data.styles).filter((key) => used.includes(key)).map((key) => el("div", {}, hatched(key), el("span", { text: data.styles[key].label }))),
      ...(choice.legend.length ? [el("strong", { text: choice.legendTitle })] : []),
      ...choice.legend.map(([colour, text]) => el("div", {}, swatch(colour, "#9aa3af"), el("span", { text }))),
      ...(choice.about ? [el("p", { text: choice.about })] : []),
      ...data.notes.map((text) => el("p", { text })),
    );
  }

  function choose(next) {
    choice = next;
    listed = PAGE;
    open = null;
    shown = data.entries.filter((entry) => choice.lenses.includes(entry.lens));
    const { palette, places } = choice.colours;
    units.forEach((layer, place) => layer?.setStyle({ fillColor: places.length ? palette[places[place]] : "#e9eef4" }));
    for (const button of byId("chooser").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.key === choice.key));
    drawBlind();
    writeLegend();
    writeList();
    byId("side").scrollTop = 0;
    map.invalidateSize({ animate: false });
  }

  let group = "";
  for (const each of data.choices) {
    if (each.group && each.group !== group) byId("chooser").append(el("h2", { text: each.group }));
    group = each.group;
    const count = data.entries.filter((entry) => each.lenses.includes(entry.lens)).length;
    const button = el("button", { type: "button", "data-key": each.key }, el("span", { text: each.title }), el("b", { text: count }));
    button.addEventListener("click", () => choose(each));
    byId("chooser").append(button);
  }
  choose(choice);
  map.fitBounds(whole, { animate: false, padding: [12, 12] });
})();
