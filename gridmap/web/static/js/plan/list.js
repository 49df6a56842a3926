// The list of plans: finds the town or community that a new draft is for.

import { byId, el, fill } from "../dom.js";
import { boot } from "../words.js";

const field = byId("scope");
let timer = null;
const known = new Map();

async function look() {
  const words = field.value.trim();
  byId("scope-name").textContent = known.get(words) ?? "";
  if (!words || known.has(words)) return;
  const answer = await fetch(`${boot.search}?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { units } = await answer.json();
  const fitting = units.filter(({ level }) => ["county", "town", "community"].includes(level));
  for (const unit of fitting) known.set(unit.code, [unit.path, unit.name, unit.level_name].filter(Boolean).join(" · "));
  fill(byId("scope-hits"), ...fitting.map((unit) => el("option", { value: unit.code, text: known.get(unit.code) })));
  byId("scope-name").textContent = known.get(field.value.trim()) ?? "";
}

field?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, 150);
});
