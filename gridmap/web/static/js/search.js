// Search by name, code or pinyin initials: a combobox as WAI-ARIA describes it. "/" goes there.

import { ask, wasCancelled } from "./api.js";
import { byId, el, fill } from "./dom.js";
import * as state from "./state.js";
import { t } from "./words.js";

const WAIT_MS = 120;

export function startSearch() {
  const field = byId("search");
  const list = byId("search-results");
  let hits = [];
  let active = -1;
  let timer = 0;

  const close = () => {
    list.hidden = true;
    active = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };

  const go = (unit) => {
    close();
    field.value = "";
    field.blur();
    state.set({ unit: unit.code, finding: null });
  };

  const mark = (position) => {
    active = hits.length ? (position + hits.length) % hits.length : -1;
    [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
    if (active < 0) return;
    field.setAttribute("aria-activedescendant", `hit-${active}`);
    list.children[active].scrollIntoView({ block: "nearest" });
  };

  const draw = (note = null) => {
    const options = hits.map((unit, place) =>
      el(
        "li",
        {
          role: "option",
          id: `hit-${place}`,
          "aria-selected": "false",
          class: "hit",
          on: { mousedown: (event) => event.preventDefault(), click: () => go(unit) },
        },
        el("span", { class: "hit-name", text: unit.name, dir: "auto" }),
        el("span", { class: "hit-level", text: unit.level_name }),
        el("span", { class: "hit-path", text: unit.path, dir: "auto" }),
        el("span", { class: "code", text: unit.code }),
      ),
    );
    fill(list, ...(note ? [el("li", { class: "hit-note", text: note })] : options));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    if (!note) mark(0);
  };

  const look = async () => {
    const text = field.value.trim();
    if (!text) {
      hits = [];
      close();
      return;
    }
    try {
      hits = (await ask("search", `search?${new URLSearchParams({ q: text })}`)).units;
      draw(hits.length ? null : t("Nothing found for “{text}”.", { text }));
    } catch (error) {
      if (wasCancelled(error)) return;
      hits = [];
      draw(error.message);
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT_MS);
  });
  field.addEventListener("focus", () => field.value.trim() && look());
  field.addEventListener("blur", close);
  field.addEventListener("keydown", async (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (list.hidden || active < 0) {
        clearTimeout(timer);
        await look();
      }
      if (hits[active]) go(hits[active]);
    } else if (event.key === "Escape") {
      field.value = "";
      close();
      field.blur();
    }
  });

  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });
}
