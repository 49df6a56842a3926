// The report form of a grid's page: a point by tapping or from the phone, what is known nearby, photos made small.

import { el, fill } from "../dom.js";
import { boot, t } from "../words.js";
import { shrink } from "./photos.js";

const L = window.L;
const frame = window.gridmapFrame;
const form = document.getElementById("report-form");
const said = document.getElementById("place-said");
const [lon, lat] = [document.getElementById("lon"), document.getElementById("lat")];
const compound = document.getElementById("compound");
let marker = null;

frame.attributionControl?.remove();
const grids = L.geoJSON(boot.outlines, {
  interactive: false,
  style: ({ properties }) =>
    properties.own
      ? { color: "#1f5f9e", weight: 3, fillColor: "#dbe9f6", fillOpacity: 0.7 }
      : { color: "#8b97a6", weight: 1, fillColor: "#f6f7f9", fillOpacity: 0.6 },
}).addTo(frame);
const own = grids.getLayers().find(({ feature }) => feature.properties.own);
frame.fitBounds((own ?? grids).getBounds().pad(0.08), { animate: false });

for (const each of boot.compounds) {
  const name = document.createElement("span");
  name.textContent = each.name;
  L.marker(each.at, { interactive: false, keyboard: false, icon: L.divIcon({ className: "compound-name", html: name, iconSize: null }) }).addTo(frame);
}

function put(place, words) {
  lon.value = place.lng.toFixed(6);
  lat.value = place.lat.toFixed(6);
  marker ??= L.marker(place, {
    draggable: true,
    title: t("The place of your report"),
    icon: L.divIcon({ className: "report-pin", iconSize: [26, 26], iconAnchor: [13, 26] }),
  }).addTo(frame);
  marker.setLatLng(place);
  marker.off("dragend").on("dragend", () => put(marker.getLatLng(), t("Point set on the map")));
  said.textContent = words;
  lookNearby();
}

frame.on("click", ({ latlng }) => put(latlng, t("Point set on the map")));
if (lon.value && lat.value) put(L.latLng(Number(lat.value), Number(lon.value)), t("Point set on the map"));
compound.addEventListener("change", () => {
  const chosen = boot.compounds.find(({ code }) => code === compound.value);
  if (chosen && !marker) frame.setView(chosen.at, Math.max(frame.getZoom(), 16), { animate: false });
});

document.getElementById("locate").addEventListener("click", () => {
  if (!navigator.geolocation || !window.isSecureContext) {
    said.textContent = t("Your phone gives its place only on a secure address. Tap the map, or choose the compound.");
    return;
  }
  said.textContent = t("Looking where you are …");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const place = L.latLng(coords.latitude, coords.longitude);
      frame.setView(place, 17, { animate: false });
      document.querySelector(".place-map").scrollIntoView({ block: "nearest" });
      put(place, t("Your place, within {metres} m", { metres: Math.round(coords.accuracy) }));
    },
    () => {
      said.textContent = t("Your place is not known. Tap the map, or choose the compound.");
    },
    { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 },
  );
});

// --- reported before?

const before = document.getElementById("before");

async function lookNearby() {
  const kind = new FormData(form).get("kind");
  if (!kind || !lon.value) return;
  const asked = new URLSearchParams({ lon: lon.value, lat: lat.value, kind });
  try {
    const answer = await fetch(`${boot.data}/near?${asked}`, { headers: { Accept: "application/json" } });
    if (answer.ok) showNearby(await answer.json());
  } catch {
    before.hidden = true; // without an answer nothing is lost: the report goes on
  }
}

function showNearby(rows) {
  before.hidden = rows.length === 0;
  fill(
    before.querySelector("ul"),
    ...rows.map(({ id, words, state, metres }) => {
      const button = el("button", { type: "button", class: "btn btn-sm", text: t("Me too") });
      button.addEventListener("click", async () => {
        button.disabled = true;
        const body = new URLSearchParams({ case: id, csrf_token: form.elements.csrf_token.value });
        const answer = await fetch(`${boot.data}/me-too`, { method: "POST", body, headers: { Accept: "application/json" } });
        button.textContent = answer.ok ? t("Counted, thank you") : t("That did not work");
      });
      return el("li", {}, el("span", { dir: "auto", text: words }), el("small", { text: t("{metres} m away · {state}", { metres, state }) }), button);
    }),
  );
}

form.addEventListener("change", (event) => event.target.name === "kind" && lookNearby());

// --- photos, and sending once

const photos = document.getElementById("photos");
photos.addEventListener("change", async () => {
  const note = document.getElementById("photos-said");
  if (photos.files.length > boot.photos) {
    photos.value = "";
    note.textContent = t("At most {most} photos.", { most: boot.photos });
    return;
  }
  const before = [...photos.files].reduce((sum, { size }) => sum + size, 0);
  const small = await shrink(photos.files);
  photos.files = small.files;
  const after = [...photos.files].reduce((sum, { size }) => sum + size, 0);
  note.textContent = t("{count} photos, {after} instead of {before} MB", {
    count: photos.files.length,
    after: (after / 1e6).toFixed(1),
    before: (before / 1e6).toFixed(1),
  });
});
form.addEventListener("submit", () => {
  const button = form.querySelector("button[type=submit]");
  setTimeout(() => (button.disabled = true));
});
window.addEventListener("pageshow", () => (form.querySelector("button[type=submit]").disabled = false));
document.body.dataset.ready = "yes";
