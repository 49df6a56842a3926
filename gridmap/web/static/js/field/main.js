// The grid worker's phone: my cases, the map, a report, what waits. Everything works on what is kept on the phone.

import { byId, el, fill, icon } from "../dom.js";
import { boot, count, t, time } from "../words.js";
import { holding, metres } from "./ground.js";
import * as queue from "./queue.js";
import { placeOf, shrink } from "./shrink.js";
import { drop, forgetOthers, keep, kept, waiting } from "./store.js";

const L = window.L;
const frame = window.gridmapFrame;
const state = { bundle: null, here: null, sort: "due", place: null, photos: [], skew: 0 };
/** What a worker may do next, offered without a signal too; the server has the last word. */
const NEXT = { dispatched: ["sign", "return"], signed: ["start", "return"], handling: ["settle", "pause"], paused: ["resume"] };
const LEADS = { sign: "signed", start: "handling", return: "returned", settle: "to_check", pause: "paused", resume: "handling" };

const pins = L.layerGroup().addTo(frame);
const grounds = L.geoJSON(null, { pmIgnore: true, interactive: false, style: ({ properties }) => (properties.own ? { color: "#0b3c6f", weight: 3, fillOpacity: 0.06 } : { color: "#7b8794", weight: 1.5, fill: false }) }).addTo(frame);
const me = L.circleMarker([0, 0], { radius: 8, color: "#ffffff", weight: 3, fillColor: "#1f5f9e", fillOpacity: 1, interactive: false });
const spot = L.circleMarker([0, 0], { radius: 10, color: "#111827", weight: 3, fillColor: "#f08c00", fillOpacity: 1, interactive: false });

// --- what is kept ----------------------------------------------------------------------------------------

async function fetchBundle() {
  const answer = await fetch(`${boot.data}/bundle`, { headers: { Accept: "application/json" } });
  if (answer.redirected || answer.status === 401) throw new Error(t("Sign in again; nothing is lost."));
  if (!answer.ok) throw new Error(t("The server gave no usable answer."));
  const bundle = await answer.json();
  queue.setToken(bundle.csrf);
  bundle.fetched = Date.now();
  await keep("bundle", bundle);
  return bundle;
}

async function refresh() {
  try {
    state.bundle = await fetchBundle();
    byId("freshness").textContent = "";
  } catch (error) {
    state.bundle = (await kept("bundle")) ?? null;
    if (state.bundle) byId("freshness").textContent = t("As of {at}", { at: time(new Date(state.bundle.fetched).toISOString()) });
    else byId("freshness").textContent = error.message;
  }
  if (state.bundle) state.skew = new Date(state.bundle.made_at) - state.bundle.fetched;
  await show();
}

/** The kept cases with what waits in the queue already done to them. */
async function casesNow() {
  const rows = (state.bundle?.cases ?? []).map((row) => ({ ...row }));
  for (const item of await waiting()) {
    if (item.what !== "move" || !["waiting", "sending"].includes(item.state)) continue;
    const row = rows.find((each) => each.id === item.document.case);
    if (row) Object.assign(row, { status: LEADS[item.document.move] ?? row.status, pending: true });
  }
  return rows;
}

// --- showing ---------------------------------------------------------------------------------------------

async function show() {
  const items = await waiting();
  const open = items.filter(({ state: each }) => each !== "done");
  byId("queue-count").textContent = open.length || "";
  byId("net").textContent = navigator.onLine ? t("Online") : t("No signal: everything is kept");
  byId("net").dataset.online = String(navigator.onLine);
  showQueue(items);
  const rows = await casesNow();
  const from = state.here;
  for (const row of rows) row.metres = from && row.lon !== null ? metres(from, row) : null;
  rows.sort(state.sort === "distance" ? (a, b) => (a.metres ?? Infinity) - (b.metres ?? Infinity) : (a, b) => (a.due_at ?? "9").localeCompare(b.due_at ?? "9"));
  fill(byId("cases"), ...rows.map(card));
  if (rows.length === 0) fill(byId("cases"), el("li", { class: "empty" }, icon("circle-check"), el("p", { text: state.bundle ? t("Nothing is on your desk.") : t("Nothing is kept on this phone yet. Connect once.") })));
  pins.clearLayers();
  for (const row of rows.filter(({ lon }) => lon !== null)) {
    const pin = L.circleMarker([row.lat, row.lon], { radius: 10, weight: 2, color: "#111827", fillColor: { red: "#d92d20", yellow: "#f5b301", green: "#12925b" }[row.light] ?? "#ffffff", fillOpacity: 1 });
    pins.addLayer(pin.on("click", () => sheet(row)));
  }
  if (state.bundle && grounds.getLayers().length === 0) {
    grounds.addData(state.bundle.outlines);
    fit();
  }
  if (state.bundle && byId("kinds").children.length === 0) showKinds();
}

/** Show the own grids, once the map has a size: a hidden map has none. */
function fit() {
  if (state.fitted || grounds.getLayers().length === 0 || frame.getContainer().clientHeight === 0) return;
  const own = grounds.getLayers().filter((layer) => layer.feature.properties.own);
  frame.invalidateSize({ animate: false });
  frame.fitBounds(L.featureGroup(own.length ? own : grounds.getLayers()).getBounds().pad(0.1), { animate: false });
  state.fitted = true;
}

function left(row) {
  if (!row.due_at || !row.light) return row.pending ? t("waiting to be sent") : boot.statuses[row.status];
  const hours = (new Date(row.due_at) - (Date.now() + state.skew)) / 3_600_000;
  const amount = Math.abs(hours) >= 48 ? t("{count} d", { count: Math.round(Math.abs(hours) / 24) }) : t("{count} h", { count: Math.max(1, Math.round(Math.abs(hours))) });
  return hours < 0 ? t("{amount} late", { amount }) : t("{amount} left", { amount });
}

function card(row) {
  return el(
    "li",
    {},
    el(
      "button",
      { class: `field-card light-${row.light ?? "none"}`, type: "button", on: { click: () => sheet(row) } },
      el("b", { text: row.words || row.kind }),
      el("span", { text: [row.kind, boot.statuses[row.status], row.metres === null ? null : t("{metres} m", { metres: count(row.metres) })].filter(Boolean).join(" · ") }),
      el("strong", { text: left(row) }),
    ),
  );
}

function showQueue(items) {
  const names = { waiting: t("waits"), sending: t("is being sent"), done: t("sent"), conflict: t("conflict"), refused: t("refused") };
  fill(
    byId("queued"),
    ...items.map((item) =>
      el(
        "li",
        { class: "queue-item", data: { state: item.state, what: item.what } },
        el("b", { text: item.title }),
        el("span", { text: names[item.state] + (item.told?.number ? ` · ${item.told.number}` : "") }),
        item.told?.follow_code ? el("p", { text: t("Code for the resident: {code}", { code: item.told.follow_code }) }) : null,
        item.why ? el("p", { text: item.why }) : null,
        item.state === "conflict" && item.now ? el("p", { text: t("Yours: {mine}. On the server: {now}.", { mine: boot.statuses[LEADS[item.document.move]] ?? item.title, now: item.now.status_name }) }) : null,
        el(
          "div",
          { class: "field-buttons" },
          item.state === "conflict" ? el("button", { type: "button", text: t("Try again on it"), on: { click: () => queue.again(item.key) } }) : null,
          ["waiting", "conflict", "refused"].includes(item.state) ? el("button", { type: "button", text: t("Take back"), on: { click: () => queue.undo(item.key).then(show) } }) : null,
          item.state === "done" ? el("button", { type: "button", text: t("Clear away"), on: { click: () => drop(item.key).then(show) } }) : null,
        ),
      ),
    ),
  );
  if (items.length === 0) fill(byId("queued"), el("li", { class: "empty" }, icon("circle-check"), el("p", { text: t("Everything is sent.") })));
}

// --- one case ----------------------------------------------------------------------------------------------

async function sheet(row) {
  const dialog = byId("sheet");
  const places = row.lon === null ? [] : [
    ["Amap", `https://uri.amap.com/navigation?to=${row.gcj02?.join(",")},${encodeURIComponent(row.words)}&mode=walk&coordinate=gaode`, "GCJ-02"],
    ["Tencent", `https://apis.map.qq.com/uri/v1/routeplan?type=walk&tocoord=${row.gcj02?.[1]},${row.gcj02?.[0]}&to=${encodeURIComponent(row.words)}`, "GCJ-02"],
    ["Baidu", `https://api.map.baidu.com/direction?destination=latlng:${row.bd09?.[1]},${row.bd09?.[0]}|name:${encodeURIComponent(row.words)}&mode=walking&coord_type=bd09ll&output=html`, "BD-09"],
    ["geo:", `geo:${row.lat},${row.lon}?q=${row.lat},${row.lon}`, "WGS 84"],
  ];
  const name = { Amap: t("Amap"), Tencent: t("Tencent Maps"), Baidu: t("Baidu Maps"), "geo:": t("another app") };
  fill(
    byId("sheet-body"),
    el("h2", { text: row.words || row.kind }),
    el("p", { class: "sheet-light" }, el("span", { class: `dot light-${row.light ?? "none"}` }), `${left(row)} · ${boot.statuses[row.status]}`),
    el("p", { text: [row.kind, row.unit_name, row.address].filter(Boolean).join(" · ") }),
    el("p", { class: "soft", text: `${row.number} · ${time(row.reported_at)}` }),
    el("div", { class: "field-buttons" }, ...(NEXT[row.status] ?? []).map((move) => el("button", { type: "button", class: move === "return" || move === "pause" ? "" : "main", text: boot.moves[move], on: { click: () => act(row, move) } }))),
    el("div", { class: "field-buttons" }, photoButton(row, "before", t("Photo before")), photoButton(row, "after", t("Photo after")), el("button", { type: "button", text: t("Ask for more time"), on: { click: () => more(row) } })),
    places.length ? el("details", {}, el("summary", { text: t("Go there") }), el("ul", { class: "go" }, ...places.map(([app, href, datum]) => el("li", {}, el("a", { href, target: "_blank", rel: "noopener noreferrer", text: `${name[app]} (${datum})` }))))) : null,
    el("div", { id: "sheet-more" }),
  );
  dialog.showModal();
  if (!navigator.onLine) return;
  const answer = await fetch(`${boot.data}/case/${row.id}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const told = await answer.json();
  fill(
    byId("sheet-more"),
    el("div", { class: "field-photos" }, ...told.photos.map(({ id }) => el("img", { src: `${boot.photo}${id}`, alt: t("Photo"), loading: "lazy" }))),
    el("ol", { class: "sheet-history" }, ...told.events.slice(-8).reverse().map((event) => el("li", {}, el("b", { text: boot.moves[event.act] ?? boot.statuses[event.after] ?? event.act }), ` ${time(event.at)} `, event.note ? el("span", { text: event.note }) : null))),
  );
}

/** Ask what a move needs, then let it wait in the queue; it can be taken back until it is sent. */
async function act(row, move) {
  const asked = { settle: t("What was done?"), return: t("Why does it go back?"), pause: t("What is it waiting for?") }[move];
  let note = "";
  let reason = null;
  if (asked) {
    const said = await ask(asked, move === "settle");
    if (said === null) return;
    ({ note, reason } = said);
  }
  byId("sheet").close();
  await queue.add({ what: "move", title: `${boot.moves[move]}: ${row.words || row.number}`, document: { case: row.id, version: row.version, move, note, closing_reason: reason } });
  toast(t("{what}. It can be taken back in the queue until it is sent.", { what: boot.moves[move] }));
  await show();
}

function ask(question, withReason) {
  const dialog = byId("ask");
  byId("ask-words").textContent = question;
  byId("ask-note").value = "";
  byId("ask-reason").hidden = !withReason;
  dialog.showModal();
  return new Promise((done) => {
    dialog.onclose = () => {
      const note = byId("ask-note").value.trim();
      done(dialog.returnValue === "yes" && note ? { note, reason: withReason ? byId("ask-reason").value : null } : null);
    };
  });
}

function photoButton(row, stage, words) {
  const input = el("input", { type: "file", accept: "image/*", capture: "environment", hidden: true });
  input.addEventListener("change", async () => {
    for (const file of input.files) await queue.add({ what: "photo", title: `${words}: ${row.words || row.number}`, document: { case: row.id, stage }, photos: [await shrink(file)] });
    toast(t("The photo waits in the queue."));
  });
  return el("label", { class: "button" }, words, input);
}

async function more(row) {
  const said = await ask(t("Why is more time needed? Two days are asked for."), false);
  if (said === null) return;
  const until = new Date(new Date(row.due_at ?? Date.now()).getTime() + 2 * 86_400_000).toISOString();
  await queue.add({ what: "extension", title: `${t("Ask for more time")}: ${row.words || row.number}`, document: { case: row.id, until, note: said.note } });
}

// --- where am I ----------------------------------------------------------------------------------------------

async function locate(place, { pan = true } = {}) {
  state.here = place;
  me.setLatLng([place.lat, place.lon]).addTo(frame);
  if (pan) frame.setView([place.lat, place.lon], Math.max(frame.getZoom(), 16), { animate: false });
  const known = holding(state.bundle?.outlines, place);
  const staff = known?.properties.own ? state.bundle.staff : [];
  tellHere(known ? { grid: known.properties.code, grid_name: known.properties.name, staff, nearest: [], on_border: false } : null);
  if (navigator.onLine) {
    const answer = await fetch(`${boot.data}/here?lon=${place.lon}&lat=${place.lat}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) tellHere(await answer.json());
  }
  await show();
}

function tellHere(here) {
  if (here === null || here.grid === null) {
    const near = here?.nearest?.[0];
    fill(byId("here"), el("b", { text: t("No grid covers this place.") }), near ? el("span", { text: t("Nearest: {name}, {metres} m", { name: near.name, metres: count(near.distance_m) }) }) : null);
    return;
  }
  const roles = { head: t("grid head"), worker: t("grid worker") };
  fill(
    byId("here"),
    el("b", { text: here.grid_name }),
    el("span", { text: [here.units?.community?.[1], here.units?.town?.[1]].filter(Boolean).join(" · ") }),
    el("span", { text: here.staff.map(({ label, role }) => `${label} (${roles[role] ?? role})`).join(", ") || t("nobody serves here") }),
    here.on_border ? el("span", { class: "soft", text: t("On the border: {names} is next door.", { names: here.nearest.map(({ name }) => name).join(", ") }) }) : null,
  );
}

byId("whereami").addEventListener("click", () => {
  if (!navigator.geolocation) return toast(t("This phone does not say where it is. Tap the map or choose a compound."));
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => locate({ lon: coords.longitude, lat: coords.latitude }),
    () => toast(t("This phone does not say where it is. Tap the map or choose a compound.")),
    { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 },
  );
});
frame.on("click", ({ latlng }) => locate({ lon: latlng.lng, lat: latlng.lat }, { pan: false }));
frame.on("contextmenu", ({ latlng }) => begin({ lon: latlng.lng, lat: latlng.lat }));

// --- report --------------------------------------------------------------------------------------------------

function showKinds() {
  fill(
    byId("kinds"),
    ...state.bundle.kinds.map(({ code, name }) => el("label", {}, el("input", { type: "radio", name: "kind", value: code, required: true }), el("span", { text: name }))),
  );
  fill(byId("compounds"), el("option", { value: "", text: t("or choose a compound") }), ...state.bundle.compounds.map(({ code, name, lon, lat }) => el("option", { value: `${lon},${lat}`, text: `${name} ${code.slice(-4)}` })));
}

/** Open the report with its place set. */
function begin(place) {
  setPlace(place, t("The place is marked on the map."));
  view("report");
}

function setPlace(place, words) {
  state.place = place;
  byId("place").textContent = place ? `${words} ${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}` : t("No place yet: press long on the map, use your own position, or choose a compound.");
  if (place) spot.setLatLng([place.lat, place.lon]).addTo(frame);
  else spot.remove();
  lookNearby();
}

async function lookNearby() {
  fill(byId("nearby"));
  const kind = new FormData(byId("report-form")).get("kind");
  if (!state.place || !kind || !navigator.onLine) return;
  const answer = await fetch(`${boot.data}/nearby?lon=${state.place.lon}&lat=${state.place.lat}&kind=${kind}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const { cases } = await answer.json();
  if (cases.length === 0) return;
  fill(
    byId("nearby"),
    el("p", { text: t("Reported nearby already:") }),
    ...cases.map((row) => el("p", {}, `${row.words || row.kind} · ${count(row.distance_m)} m `, el("button", { type: "button", text: t("Me too"), on: { click: ({ target }) => meToo(row, target) } }))),
  );
}

async function meToo(row, button) {
  button.disabled = true;
  const answer = await fetch(`${boot.data}/me-too/${row.id}`, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": state.bundle.csrf } }).catch(() => null);
  if (answer?.ok) button.textContent = t("{count} have it", { count: (await answer.json()).count });
}

byId("kinds").addEventListener("change", lookNearby);
byId("compounds").addEventListener("change", ({ target }) => {
  const [lon, lat] = target.value.split(",").map(Number);
  if (target.value) setPlace({ lon, lat }, t("At the compound:"));
});
byId("use-me").addEventListener("click", () => (state.here ? setPlace(state.here, t("At your position:")) : byId("whereami").click()));
byId("photos").addEventListener("change", async ({ target }) => {
  for (const file of target.files) {
    const place = await placeOf(file);
    if (place && !state.place) setPlace(place, t("From the photo:"));
    const small = await shrink(file).catch(() => null);
    if (small) state.photos.push(small);
    else toast(t("This picture cannot be read."));
  }
  fill(byId("thumbs"), ...state.photos.map((blob) => el("img", { src: URL.createObjectURL(blob), alt: t("Photo") })));
  target.value = "";
});
byId("report-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = new FormData(event.target);
  const words = given.get("words").trim();
  if (!state.place) return toast(t("Say where it is first."));
  await queue.add({
    what: "report",
    title: words,
    document: { kind: given.get("kind"), words, lon: state.place.lon, lat: state.place.lat, reported_at: new Date(Date.now() + state.skew).toISOString() },
    photos: state.photos,
  });
  event.target.reset();
  state.photos = [];
  fill(byId("thumbs"));
  setPlace(null);
  view("queue");
  toast(navigator.onLine ? t("Reported.") : t("Kept. It is sent when the signal is back."));
});

// --- frame ---------------------------------------------------------------------------------------------------

function view(name) {
  document.body.dataset.view = name;
  for (const tab of document.querySelectorAll("[data-tab]")) {
    if (tab.dataset.tab === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  frame.invalidateSize({ animate: false });
  fit();
}

let toasting = null;
function toast(words) {
  byId("toast").textContent = words;
  clearTimeout(toasting);
  toasting = setTimeout(() => (byId("toast").textContent = ""), 5_000);
}

for (const tab of document.querySelectorAll("[data-tab]")) tab.addEventListener("click", () => view(tab.dataset.tab));
for (const choice of document.querySelectorAll("[name=sort]")) {
  choice.addEventListener("change", () => {
    state.sort = choice.value;
    if (choice.value === "distance" && !state.here) byId("whereami").click();
    show();
  });
}
byId("sheet-close").addEventListener("click", () => byId("sheet").close());
window.addEventListener("online", refresh);
window.addEventListener("offline", show);
queue.onChange(show);
queue.onDone(async (item, told) => {
  if (told.row && state.bundle) {
    state.bundle.cases = state.bundle.cases.map((row) => (row.id === told.row.id ? told.row : row));
    await keep("bundle", state.bundle);
  }
  if (navigator.onLine) await refresh();
});

await forgetOthers();
setPlace(null);
view("cases");
await refresh();
queue.send();
if ("serviceWorker" in navigator) {
  const registered = await navigator.serviceWorker.register("/field/sw.js", { scope: "/field" }).catch(() => null);
  if (registered) {
    const ready = await navigator.serviceWorker.ready;
    const used = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => new URL(name).pathname.startsWith("/static/"));
    ready.active.postMessage({ keep: ["/field", ...used] });
    document.body.dataset.offline = "ready";
  }
}
document.body.dataset.ready = "yes";
