// What would be: one operation that is tried on the server while it is drawn, then applied or given up.

import { byId, el, fill, icon } from "../dom.js";
import { area, count, t } from "../words.js";
import { post } from "./server.js";
import { changeCard } from "./tables.js";

const PAUSE_MS = 60; // between two trials while a corner is dragged

export class Pending {
  /** `desk` gives version(), board, say(text, bad), applied(effect), moved(trouble). */
  constructor(desk) {
    this.desk = desk;
    this.box = byId("pending");
    this.document = null;
    this.effect = null;
    this.trouble = null;
    this.running = false;
    this.waiting = null;
    this.timer = null;
    this.applying = false;
    this.onEnd = null;
    this.settled = true;
  }

  get open() {
    return this.document !== null;
  }

  /** Try an operation. `settled`: the line is finished, the question may be asked. */
  offer(document, { settled = true, onEnd = null } = {}) {
    const isNew = this.document === null;
    this.document = document;
    this.settled = settled;
    this.onEnd = onEnd ?? this.onEnd;
    if (settled) performance.mark("desk-released");
    if (isNew) this.effect = null;
    this.waiting = document;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), settled ? 0 : PAUSE_MS);
    if (isNew || settled) this.draw();
  }

  /** Ask the server about the newest document; one question is under way at most. */
  async ask() {
    if (this.running || this.waiting === null) return;
    const asked = this.waiting;
    this.waiting = null;
    this.running = true;
    try {
      const effect = await post("/preview", { version: this.desk.version(), operation: asked });
      if (this.document !== null) this.take(effect, null);
    } catch (trouble) {
      if (this.document !== null) this.take(null, trouble);
    } finally {
      this.running = false;
      if (this.waiting !== null) this.ask();
    }
  }

  take(effect, trouble) {
    this.effect = effect;
    this.trouble = trouble;
    if (trouble && trouble.status === 409 && trouble.code === "PlanMoved") this.desk.moved(trouble);
    this.desk.board.ghost(effect ? ghosts(effect) : []);
    this.draw();
    if (effect && this.settled && this.waiting === null) {
      performance.mark("desk-refreshed");
      performance.measure("desk-round-trip", "desk-released", "desk-refreshed");
    }
  }

  draw() {
    const { effect, trouble } = this;
    const reason = byId("pending-reason")?.value ?? "";
    const hadFocus = document.activeElement?.id === "pending-reason";
    this.box.hidden = false;
    document.body.classList.add("has-pending");
    const acts = el(
      "form",
      { class: "pending-form", on: { submit: (event) => this.apply(event) } },
      el("label", { class: "visually-hidden", for: "pending-reason", text: t("Reason (may be left out)") }),
      el("input", { id: "pending-reason", class: "form-control form-control-sm", maxlength: 4000, value: reason, placeholder: t("Reason (may be left out)"), autocomplete: "off" }),
      el("button", { class: "btn btn-sm btn-primary", type: "submit", id: "pending-apply", disabled: !this.settled || (!effect && trouble?.code !== "PlanMoved") || this.applying }, icon("check"), el("span", { text: trouble?.code === "PlanMoved" ? t("Try again") : t("Apply") })),
      el("button", { class: "btn btn-sm", type: "button", id: "pending-cancel", on: { click: () => this.cancel() } }, icon("x"), el("span", { text: t("Cancel") })),
    );
    fill(
      this.box,
      el("h2", { text: effect ? effect.what : trouble ? t("This cannot be done") : t("Working it out …"), dir: "auto" }),
      trouble ? el("p", { class: "trouble", role: "alert", text: trouble.message }) : null,
      effect ? summary(effect) : null,
      this.settled ? acts : null,
      effect ? el("div", { class: "change-cards" }, ...moved(effect).map(changeCard), beside(effect)) : null,
    );
    if (hadFocus) byId("pending-reason")?.focus();
  }

  async apply(event) {
    event?.preventDefault();
    if (!this.open || this.applying || !this.settled) return;
    if (this.trouble?.code === "PlanMoved") {
      this.offer(this.document);
      return;
    }
    this.applying = true;
    const reason = byId("pending-reason")?.value ?? "";
    try {
      const effect = await post("/apply", { version: this.desk.version(), operation: this.document, reason });
      this.applying = false;
      this.close();
      this.desk.applied(effect);
    } catch (trouble) {
      this.applying = false;
      this.take(this.effect, trouble);
    }
  }

  cancel() {
    this.close();
    this.desk.cancelled();
  }

  close() {
    this.document = this.effect = this.trouble = this.waiting = null;
    clearTimeout(this.timer);
    this.desk.board.ghost([]);
    this.box.hidden = true;
    fill(this.box);
    document.body.classList.remove("has-pending");
    this.onEnd?.();
    this.onEnd = null;
  }
}

function ghosts(effect) {
  const { created, cured } = effect;
  return [
    ...moved(effect).map(({ geometry }) => ({ geometry, kind: "unit" })),
    ...cured.map(({ geometry }) => ({ geometry, kind: "cured" })),
    ...created.map(({ geometry, kind }) => ({ geometry, kind: kind === "spill" ? "overlap" : kind })),
  ];
}

const stays = ({ before, after }) => before !== null && after !== null && JSON.stringify(before) === JSON.stringify(after);

/** The units that gain or lose something; those that only gain a corner are named in one line. */
function moved({ units }) {
  const rows = units.filter((unit) => !stays(unit));
  return rows.length ? rows : units;
}

function beside(effect) {
  const rows = effect.units.filter(stays);
  if (!rows.length || rows.length === effect.units.length) return null;
  return el("p", { class: "panel-hint", text: t("Only gain a corner: {names}", { names: rows.map(({ code, name }) => `${code.slice(12)} ${name}`).join(", ") }) });
}

function summary(effect) {
  const parts = [
    t("{count} households change hands", { count: count(effect.households_moved) }),
    t("{area} of ground goes over", { area: area(effect.moved_m2) }),
  ];
  const defects = (list) => list.map(({ kind, area_m2: size }) => `${defectName(kind)} ${area(size)}`).join(", ");
  return el(
    "ul",
    { class: "pending-summary" },
    el("li", { text: parts.join(" · ") }),
    effect.cured.length ? el("li", { class: "good", text: t("Cures: {what}", { what: defects(effect.cured) }) }) : null,
    effect.created.length ? el("li", { class: "bad", text: t("Creates: {what}", { what: defects(effect.created) }) }) : null,
  );
}

const defectName = (kind) => ({ gap: t("uncovered ground"), overlap: t("double cover"), spill: t("spill") })[kind] ?? kind;
