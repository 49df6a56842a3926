// Thin outlines of the signed-in account's area behind pins: without them a pin on a plain ground says little.

const L = window.L;
const LOOKS = { towns: { color: "#8a93a0", weight: 1.6 }, communities: { color: "#b3bac4", weight: 1 }, grids: { color: "#ccd2da", weight: 0.8 } };

/** Draw the outlines on a map; the pins do not wait for them. */
export async function outlines(frame) {
  try {
    const answer = await fetch("/inspect/data/geometry", { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const shapes = await answer.json();
    for (const [name, look] of Object.entries(LOOKS)) {
      if (shapes[name]?.features) L.geoJSON(shapes[name], { ...look, fill: false, interactive: false, pane: "outlines", pmIgnore: true }).addTo(frame);
    }
  } catch {
    // a map without outlines is still a map
  }
}
