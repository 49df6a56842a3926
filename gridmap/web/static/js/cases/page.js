// The dispatcher's page: filters live in the address bar, list and map show the same cases, both are kept fresh.

import { byId, el, fill, icon } from "../dom.js";
import { boot, count, t } from "../words.js";
import { Pins } from "./pins.js";
import { load, send } from "./server.js";

const form = byId("filters");
const list = byId("list");
const state = { rows: [], cursor: null, etag: null, at: -1, picked: new Map(), lights: new Set() };
const pins = new Pins(window.gridmapFrame, (id) => choose(state.rows.findIndex((row) => row.id === id), id));

const query = () => {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) asked.set(name, value);
  if (state.lights.size) asked.set("light", [...state.lights].join(","));
  return asked;
};

/** Fill the form from the address bar. */
function fromAddress() {
  const asked = new URLSearchParams(location.search);
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") field.checked = asked.get(field.name) === field.value;
    else field.value = asked.get(field.name) ?? "";
  }
  state.lights = new Set((asked.get("light") ?? "").split(",").filter(Boolean));
}

function showFilters(asked) {
  const others = [...asked.keys()].filter((name) => !["q", "light", "sort"].includes(name)).length;
  byId("filter-count").textContent = others || "";
  for (const chip of document.querySelectorAll(".light-chip")) {
    chip.setAttribute("aria-pressed", String(state.lights.has(chip.dataset.light)));
    chip.querySelector(".light-name").textContent = boot.lights[chip.dataset.light];
  }
  for (const kind of ["csv", "xlsx"]) if (byId(kind)) byId(kind).href = `/cases/export.${kind}?${asked}`;
}

async function refresh({ address = true, fit = true } = {}) {
  const asked = query();
  if (address) history.replaceState(null, "", `${location.pathname}${asked.size ? `?${asked}` : ""}`);
  showFilters(asked);
  try {
    const { body, etag } = await load(`/list?${asked}`);
    Object.assign(state, { rows: body.rows, cursor: body.cursor, etag, at: -1 });
    state.picked.clear();
    draw(body);
    const { body: found } = await load(`/points?${asked}`);
    pins.show(found.points, { fit });
    byId("note").textContent = "";
  } catch (error) {
    byId("note").textContent = error.message;
  }
  document.body.dataset.ready = "yes";
}

function draw({ total, counts }) {
  for (const chip of document.querySelectorAll(".light-chip")) chip.querySelector("b").textContent = count(counts[chip.dataset.light]);
  byId("total").textContent = t("{count} cases", { count: count(total) });
  fill(list, ...state.rows.map(line));
  if (state.rows.length === 0) fill(list, el("li", { class: "cases-empty" }, icon("circle-check"), el("p", { text: t("No case fits.") })));
  byId("further").hidden = state.cursor === null;
  byId("fresh").hidden = true;
  showPicked();
}

function line(row) {
  const late = row.due_at && row.light ? remaining(row.due_at) : "";
  const tick = boot.may_dispatch ? el("input", { type: "checkbox", "aria-label": t("Select {number}", { number: row.number }), on: { change: ({ target }) => pick(row, target.checked) } }) : null;
  if (tick) tick.checked = state.picked.has(row.id);
  return el(
    "li",
    { class: "case-line", data: { id: row.id } },
    tick,
    el("span", { class: `lamp lamp-${row.light ?? "grey"}`, role: "img", "aria-label": row.light ? boot.lights[row.light] : row.status_name }),
    el(
      "div",
      { class: "case-words" },
      el("a", { href: `${boot.case}${row.id}`, text: row.words || row.kind }),
      el("small", { text: [row.kind, row.unit_name || row.address || t("without a place"), row.handler].filter(Boolean).join(" · ") }),
    ),
    el("div", { class: "case-when" }, el("b", { text: late }), el("small", { text: row.status_name }), el("small", { class: "code", text: row.number })),
  );
}

/** How long is left, or how late it is, in the largest unit that says something. */
function remaining(due) {
  const hours = (new Date(due) - (Date.now() + state.skew)) / 3_600_000;
  const amount = Math.abs(hours) >= 48 ? t("{count} d", { count: Math.round(Math.abs(hours) / 24) }) : t("{count} h", { count: Math.max(1, Math.round(Math.abs(hours))) });
  return hours < 0 ? t("{amount} late", { amount }) : t("{amount} left", { amount });
}
state.skew = new Date(boot.now) - Date.now(); // a demo stands still on its own day

function choose(at, id = state.rows[at]?.id) {
  state.at = at;
  for (const item of list.children) item.classList.toggle("is-chosen", Number(item.dataset.id) === id);
  list.children[at]?.scrollIntoView({ block: "nearest" });
  pins.focus(id);
  if (at < 0 && id) location.assign(`${boot.case}${id}`);
}

function pick(row, chosen) {
  if (chosen) state.picked.set(row.id, row);
  else state.picked.delete(row.id);
  showPicked();
}

function showPicked() {
  if (!boot.may_dispatch) return;
  byId("picked").textContent = state.picked.size ? t("{count} selected", { count: state.picked.size }) : t("Select");
  byId("dispatch").disabled = state.picked.size === 0;
}

async function dispatch() {
  const chosen = [...state.picked.values()];
  const desk = byId("desk");
  const where = desk.selectedOptions[0].textContent;
  if (!window.confirm(t("Dispatch {count} cases to: {where}?", { count: chosen.length, where }))) return;
  byId("dispatch").disabled = true;
  try {
    const { done, refused } = await send("/dispatch", { cases: chosen.map(({ id, version }) => ({ id, version })), desk: desk.value });
    await refresh({ fit: false });
    const why = refused.slice(0, 3).map((each) => each.why).join(" ");
    byId("note").textContent = `${t("{count} dispatched.", { count: done.length })} ${refused.length ? t("{count} not:", { count: refused.length }) : ""} ${why}`;
  } catch (error) {
    byId("note").textContent = error.message;
  }
}

/** Ask every few seconds whether anything changed; rows are not moved under the reader's hand, a button offers them. */
async function watch() {
  let pause = 5_000;
  for (;;) {
    await new Promise((wake) => setTimeout(wake, document.hidden ? 30_000 : pause));
    if (document.hidden || !state.etag) continue;
    try {
      const { status, body, etag } = await load(`/list?${query()}`, state.etag);
      pause = 5_000;
      if (status === 304) continue;
      const known = new Map(state.rows.map((row) => [row.id, row.version]));
      const changed = body.rows.filter((row) => known.get(row.id) !== row.version).length;
      state.etag = etag;
      if (changed === 0 && body.rows.length === Math.min(state.rows.length, body.rows.length)) {
        for (const chip of document.querySelectorAll(".light-chip")) chip.querySelector("b").textContent = count(body.counts[chip.dataset.light]);
        continue;
      }
      byId("fresh").hidden = false;
      byId("fresh").textContent = t("{count} changed: show", { count: changed || 1 });
    } catch {
      pause = Math.min(pause * 2, 60_000);
    }
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  refresh();
});
let typing = null;
form.addEventListener("input", ({ target }) => {
  if (["pick-all", "desk"].includes(target.id)) return;
  clearTimeout(typing);
  typing = setTimeout(refresh, 250);
});
for (const chip of document.querySelectorAll(".light-chip")) {
  chip.addEventListener("click", () => {
    const { light } = chip.dataset;
    if (!state.lights.delete(light)) state.lights.add(light);
    refresh();
  });
}
byId("clear").addEventListener("click", () => {
  form.reset();
  state.lights.clear();
  refresh();
});
byId("fresh").addEventListener("click", () => refresh({ fit: false }));
byId("further").addEventListener("click", async () => {
  const asked = query();
  asked.set("after", state.cursor);
  const { body } = await load(`/list?${asked}`);
  state.rows.push(...body.rows);
  state.cursor = body.cursor;
  list.append(...body.rows.map(line));
  byId("further").hidden = state.cursor === null;
});
byId("pick-all")?.addEventListener("change", ({ target }) => {
  for (const row of state.rows) pick(row, target.checked);
  for (const box of list.querySelectorAll("input[type=checkbox]")) box.checked = target.checked;
});
byId("dispatch")?.addEventListener("click", dispatch);
list.addEventListener("mouseover", ({ target }) => pins.focus(Number(target.closest(".case-line")?.dataset.id)));
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input:not([type=checkbox]), select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    j: () => choose(Math.min(state.at + 1, state.rows.length - 1)),
    k: () => choose(Math.max(state.at - 1, 0)),
    Enter: () => state.at >= 0 && location.assign(`${boot.case}${state.rows[state.at].id}`),
    x: () => state.at >= 0 && list.children[state.at].querySelector("input")?.click(),
    d: () => !byId("dispatch")?.disabled && dispatch(),
    "/": () => byId("q").focus(),
  };
  if (event.key in keys) {
    if (event.key !== "Enter" || !event.target.matches("a, button, summary")) event.preventDefault();
    else return;
    keys[event.key]();
  }
});
window.addEventListener("popstate", () => {
  fromAddress();
  refresh({ address: false });
});

fromAddress();
refresh();
watch();
