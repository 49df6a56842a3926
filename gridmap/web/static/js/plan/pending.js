// What an operation would do, before it is done: asked of the server while a line grows, applied with Enter.

import { wasCancelled } from "../api.js";
import { byId, el, fill } from "../dom.js";
import { area, count, t } from "../words.js";
import { post } from "./server.js";
import { changeCard } from "./tables.js";

const PAUSE_MS = 90;

export class Pending {
  /** `board` draws the ghosts; `version()` names the draft; `onDone(effect)`, `onEnd()` and `onMoved(error)` are called. */
  constructor(board, { version, onDone, onEnd, onMoved }) {
    Object.assign(this, { board, version, onDone, onEnd, onMoved });
    this.operation = null;
    this.effect = null;
    this.running = null;
    this.waiting = null;
  }

  get open() {
    return this.operation !== null;
  }

  /** Look at an operation. `final` false: a line that still grows, whose refusals are not shown. */
  async look(operation, { final = true } = {}) {
    clearTimeout(this.waiting);
    this.operation = operation;
    if (!final) {
      this.waiting = setTimeout(() => this.ask(false), PAUSE_MS);
      return;
    }
    await this.ask(true);
  }

  async ask(final) {
    this.running?.abort();
    const control = (this.running = new AbortController());
    const operation = this.operation;
    const began = performance.now();
    try {
      const effect = await post("/preview", { version: this.version(), operation }, control.signal);
      if (this.operation !== operation) return;
      this.effect = effect;
      this.draw(null, final);
      performance.measure("gridmap-preview", { start: began });
    } catch (error) {
      if (wasCancelled(error) || this.operation !== operation) return;
      this.effect = null;
      if (final) this.draw(error, true);
      if (error.code === "PlanMoved") this.onMoved(error);
    }
  }

  draw(error, final) {
    const box = byId("pending");
    box.hidden = false;
    if (error) {
      this.board.ghost([]);
      fill(
        box,
        el("h2", { text: t("This cannot be done like that") }),
        el("p", { class: "trouble", role: "alert", text: error.message }),
        el("div", { class: "btn-list" }, el("button", { class: "btn btn-sm", type: "button", text: t("Try again"), on: { click: () => this.ask(true) } }), el("button", { class: "btn btn-sm", type: "button", text: t("Cancel"), on: { click: () => this.end() } })),
      );
      return;
    }
    const { effect } = this;
    this.board.ghost([
      ...effect.units.map(({ geometry }) => ({ geometry, kind: "unit" })),
      ...effect.cured.map(({ geometry }) => ({ geometry, kind: "cured" })),
      ...effect.created.map(({ geometry, kind }) => ({ geometry, kind })),
    ]);
    const reason = el("input", { class: "form-control form-control-sm", id: "reason", maxlength: 4000, placeholder: t("Reason (may stay empty)"), "aria-label": t("Reason") });
    fill(
      box,
      el("h2", { text: final ? t("What this does") : t("What this would do") }),
      el("p", { class: "pending-what", text: effect.what }),
      el("p", { class: "pending-price", text: t("{count} households change hands, {area} go over.", { count: count(effect.households_moved), area: area(effect.moved_m2) }) }),
      ...effect.created.map((each) => el("p", { class: "trouble", text: t("Leaves {area} that no grid, or several grids, cover.", { area: area(each.area_m2) }) })),
      ...effect.cured.map((each) => el("p", { class: "good", text: t("Cures {area} of gap or double cover.", { area: area(each.area_m2) }) })),
      el("div", { class: "change-cards" }, ...effect.units.map(changeCard)),
      final ? reason : null,
      final
        ? el(
            "div",
            { class: "btn-list" },
            el("button", { class: "btn btn-sm btn-primary", id: "apply", type: "button", on: { click: () => this.apply() } }, el("span", { text: t("Apply") }), el("kbd", { text: "Enter" })),
            el("button", { class: "btn btn-sm", type: "button", on: { click: () => this.end() } }, el("span", { text: t("Cancel") }), el("kbd", { text: "Esc" })),
          )
        : null,
    );
    if (final) byId("apply").focus();
  }

  /** Carry it out. A draft that moved on keeps what was drawn, and offers to try again. */
  async apply() {
    if (!this.operation || !this.effect) return;
    const button = byId("apply");
    if (button) button.disabled = true;
    const began = performance.now();
    try {
      const effect = await post("/apply", { version: this.version(), operation: this.operation, reason: byId("reason")?.value ?? "" });
      this.end();
      await this.onDone(effect);
      performance.measure("gridmap-apply", { start: began });
    } catch (error) {
      if (button) button.disabled = false;
      if (error.code === "PlanMoved") this.onMoved(error);
      this.draw(error, true);
    }
  }

  end() {
    clearTimeout(this.waiting);
    this.running?.abort();
    this.operation = null;
    this.effect = null;
    this.board.ghost([]);
    byId("pending").hidden = true;
    this.onEnd();
  }
}
