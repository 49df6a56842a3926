// Taking a matter in: a place by tapping the map or from the address, and what was reported nearby before.

import { boot, t } from "../words.js";
import { byId, el, fill } from "../dom.js";
import { load, send } from "./server.js";
import { outlines } from "../outlines.js";

const L = window.L;
const frame = window.gridmapFrame;
outlines(frame);
const pin = L.circleMarker([0, 0], { radius: 9, color: "#8f1d14", fillColor: "#c4281c", fillOpacity: 0.9, weight: 2 });
byId("key").value ||= crypto.randomUUID(); // sent twice, it is one case

function put(lat, lon, words) {
  byId("lat").value = lat.toFixed(7);
  byId("lon").value = lon.toFixed(7);
  pin.setLatLng([lat, lon]).addTo(frame);
  byId("where").textContent = words ?? t("The place is marked on the map.");
  look();
}

async function look() {
  const kind = new FormData(byId("new")).get("kind") ?? "";
  if (!byId("lat").value) return;
  const { body } = await load(`/nearby?lon=${byId("lon").value}&lat=${byId("lat").value}&kind=${kind}`).catch(() => ({ body: { cases: [] } }));
  fill(
    byId("near"),
    body.cases.length ? el("p", { text: t("Reported nearby already:") }) : null,
    ...body.cases.map((row) =>
      el(
        "p",
        {},
        el("a", { href: `${boot.case}${row.id}`, text: `${row.words || row.kind} (${Math.round(row.distance_m)} m)` }),
        " ",
        el("button", {
          class: "btn btn-sm",
          type: "button",
          text: t("Me too"),
          on: {
            click: async ({ target }) => {
              target.disabled = true;
              const { count } = await send(`/${row.id}/me-too`, {});
              target.textContent = t("{count} have it", { count });
            },
          },
        }),
      ),
    ),
  );
}

frame.on("click", ({ latlng }) => put(latlng.lat, latlng.lng));
for (const tile of document.querySelectorAll("[name=kind]")) tile.addEventListener("change", look);
let typing = null;
byId("address").addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(async () => {
    const { body } = await load(`/places?q=${encodeURIComponent(target.value)}`).catch(() => ({ body: { places: [] } }));
    fill(
      byId("hits"),
      ...body.places.map((place) =>
        el("li", {}, el("button", { type: "button", text: `${place.name} – ${place.why}`, on: { click: () => { put(place.lat, place.lon, place.name); frame.setView([place.lat, place.lon], 16); } } })),
      ),
    );
  }, 250);
});
const { body } = await load("/points?all=0").catch(() => ({ body: { points: [] } }));
if (body.points.length) frame.fitBounds(L.latLngBounds(body.points.map(([, lon, lat]) => [lat, lon])), { animate: false });
if (byId("lat").value) put(Number(byId("lat").value), Number(byId("lon").value));
