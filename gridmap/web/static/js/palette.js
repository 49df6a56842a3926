// Colours and hatchings, from the one table of gridmap/maps/themes.py.

import { svg } from "./dom.js";
import { boot } from "./words.js";

export const theme = boot.theme;

/** Colour of a value on a ramp: the class whose lower bound it reaches. */
export function colourOn(ramp, value) {
  if (value === null || value === undefined) return theme.noData;
  let place = 0;
  while (place < ramp.bounds.length && value >= ramp.bounds[place]) place += 1;
  return ramp.colours[place];
}

function pattern(id, hatch) {
  const size = hatch.spacing;
  const ground = svg("rect", { width: size, height: size, fill: hatch.tint, "fill-opacity": "0.88" });
  const drawing = hatch.dots
    ? svg("circle", { cx: size / 2, cy: size / 2, r: size / 4, fill: hatch.colour })
    : svg("rect", { width: size, height: size * 0.36, fill: hatch.colour });
  const turn = hatch.dots ? 0 : hatch.angle;
  return svg(
    "pattern",
    { id, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${-turn})` },
    ground,
    drawing,
  );
}

/** Put the hatchings into the page once; shapes refer to them as url(#hatch-…). */
export function installHatches() {
  const defs = svg("defs");
  for (const [name, hatch] of Object.entries(theme.hatches)) defs.append(pattern(`hatch-${name}`, hatch));
  const holder = svg("svg", { class: "hatch-definitions", width: 0, height: 0, "aria-hidden": "true" }, defs);
  document.body.append(holder);
}

export const hatchFill = (blindness) => `url(#hatch-${blindness})`;
export const hatchColour = (blindness) => theme.hatches[blindness]?.colour ?? theme.lines.focus;

/** A little sample of a hatching, for legends and lists. */
export function swatch(blindness, className = "swatch") {
  const box = { x: 0.75, y: 0.75, width: 20.5, height: 12.5, rx: 2 };
  return svg(
    "svg",
    { class: className, viewBox: "0 0 22 14", width: 22, height: 14, "aria-hidden": "true" },
    svg("rect", { ...box, fill: "#fff" }),
    svg("rect", { ...box, fill: hatchFill(blindness), stroke: hatchColour(blindness), "stroke-width": 1.5 }),
  );
}

/** A plain colour sample. */
export function chip(colour) {
  return svg(
    "svg",
    { class: "swatch", viewBox: "0 0 22 14", width: 22, height: 14, "aria-hidden": "true" },
    svg("rect", { x: 0.5, y: 0.5, width: 21, height: 13, rx: 2, fill: colour, stroke: "#9aa3af", "stroke-width": 0.75 }),
  );
}
