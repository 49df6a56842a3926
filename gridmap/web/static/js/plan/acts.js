// Handing in, approving, giving back, adopting: each act where the table of acts allows it.

import { byId, el, fill } from "../dom.js";
import { count, date, t } from "../words.js";
import { post } from "./server.js";

const dialog = byId("dialog");

/** Ask in a dialog: a title, what it holds, and buttons [text, value, look]. Resolves to the value, or null. */
export function ask(title, parts, buttons) {
  return new Promise((resolve) => {
    let answer = null;
    fill(
      dialog,
      el("h2", { id: "dialog-title", text: title }),
      ...parts,
      el("div", { class: "btn-list" }, ...buttons.map(([text, value, look = ""]) => el("button", { class: `btn ${look}`, type: "button", text, on: { click: () => { answer = value; dialog.close(); } } }))),
    );
    dialog.addEventListener("close", () => resolve(answer), { once: true });
    dialog.showModal();
  });
}

/** Ask for words. Resolves to the text, or null. */
export async function askWords(title, label, { value = "", required = false, go = t("Save") } = {}) {
  const words = el("textarea", { class: "form-control", rows: 3, maxlength: 4000, "aria-label": label });
  words.value = value;
  const done = await ask(title, [el("label", { class: "form-label" }, el("span", { text: label }), words)], [[go, "yes", "btn-primary"], [t("Cancel"), null]]);
  if (done !== "yes") return null;
  return required && !words.value.trim() ? askWords(title, label, { value, required, go }) : words.value;
}

/** The buttons of the state. `reload()` is called after each act. */
export function showActs({ plan, can, version, base_moved: moved }, reload, trouble, onRebase) {
  const act = (name, text, look, run) => (can.includes(name) ? el("button", { class: `btn btn-sm ${look}`, type: "button", id: `act-${name}`, text, on: { click: () => run().then(reload, trouble) } }) : null);
  const noted = (name, title, label, required) => async () => {
    const note = await askWords(title, label, { required, go: title });
    if (note !== null) await post(`/${name}`, { version, note });
  };
  fill(
    byId("state-acts"),
    moved && can.includes("draw") ? el("button", { class: "btn btn-sm btn-warning", type: "button", text: t("Move onto today's boundaries"), on: { click: () => onRebase() } }) : null,
    act("submit", t("Hand in"), "btn-primary", noted("submit", t("Hand in"), t("Note for the reviewer (may stay empty)"), false)),
    plan.approved ? null : act("approve", t("Approve"), "btn-primary", noted("approve", t("Approve"), t("Note (may stay empty)"), false)),
    act("return", t("Give back"), "", noted("return", t("Give back"), t("What has to be changed?"), true)),
    act("adopt", t("Adopt …"), plan.approved ? "btn-primary" : "", () => adopt(version)),
    act("withdraw", t("Withdraw"), "btn-ghost-danger", noted("withdraw", t("Withdraw"), t("Note (may stay empty)"), false)),
    act("reopen", t("Take up again"), "", noted("reopen", t("Take up again"), t("Note (may stay empty)"), false)),
  );
}

/** Say what adopting does; do it when told to. */
async function adopt(version) {
  const found = await post("/adopt", { version });
  const line = (label, value) => el("li", {}, el("span", { text: label }), " ", el("b", { text: value }));
  const parts = [
    el("p", { text: t("From {day} on:", { day: date(found.effective_on) }) }),
    el("ul", {},
      line(t("New grids"), found.opened.map((code) => code.slice(12)).join(", ") || "–"),
      line(t("Dissolved grids"), Object.entries(found.retired).map(([code, heirs]) => `${code.slice(12)} → ${heirs.map((heir) => heir.slice(12)).join(", ")}`).join("; ") || "–"),
      line(t("Redrawn grids"), found.redrawn.map((code) => code.slice(12)).join(", ") || "–"),
      line(t("Renamed grids"), Object.values(found.renamed).map(([old, now]) => `${old} → ${now}`).join("; ") || "–")),
    found.rehomed.length ? el("p", { text: t("Goes over with the ground:") }) : null,
    el("ul", {}, ...found.rehomed.map(({ name, count: number }) => line(name, count(number)))),
    ...found.broken.map((each) => el("p", { class: each.refuses ? "trouble" : "hint", text: `${each.refuses ? t("Forbids adopting") : t("To be looked at")}: ${each.text}` })),
  ];
  const buttons = found.refused ? [[t("Close"), null, "btn-primary"]] : [[t("Adopt now"), "yes", "btn-primary"], [t("Cancel"), null]];
  if ((await ask(found.refused ? t("This plan cannot be adopted yet") : t("What adopting does"), parts, buttons)) === "yes") await post("/adopt", { version, commit: true });
}

/** Show what moving onto today's boundaries meets; do it, dropping what no longer applies, when told to. */
export async function rebase(version, board) {
  const found = await post("/rebase", { version });
  board.ghost(found.conflicts.map(({ geometry }) => ({ geometry, kind: "old" })));
  const parts = [
    el("p", { text: t("Grids that changed since this draft was begun: {codes}", { codes: found.changed.map((code) => code.slice(12)).join(", ") || "–" }) }),
    ...found.conflicts.map((each) => el("p", { class: each.refused ? "trouble" : "hint", text: `${each.seq}. ${each.what} — ${each.why}` })),
  ];
  const drop = found.conflicts.filter(({ refused }) => refused).map(({ operation }) => operation);
  const go = drop.length ? t("Move, and drop {count} operations", { count: drop.length }) : t("Move");
  const answer = await ask(t("Move onto today's boundaries"), parts, [[go, "yes", "btn-primary"], [t("Cancel"), null]]);
  board.ghost([]);
  if (answer === "yes") await post("/rebase", { version, drop, accept: true, commit: true });
}
