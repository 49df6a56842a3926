// Handing in, reviewing, adopting, withdrawing, taking over moved boundaries: each asks first and shows what it does.

import { byId, el, fill, icon } from "../dom.js";
import { count, date, t } from "../words.js";
import { button } from "./forms.js";
import { post } from "./server.js";

const ACTS = {
  submit: { icon: "upload", name: () => t("Hand in"), ask: () => t("Hand this plan in for review? Nobody can draw in it meanwhile."), main: true },
  approve: { icon: "circle-check", name: () => t("Approve"), ask: () => t("Approve this version of the plan?"), main: true },
  return: { icon: "arrow-back-up", name: () => t("Give back"), ask: () => t("Give the plan back to be changed. Say what is missing."), needs: true },
  adopt: { icon: "check", name: () => t("Adopt …"), main: true },
  withdraw: { icon: "trash", name: () => t("Withdraw"), ask: () => t("Withdraw this plan? Nothing is lost; it can be taken up again.") },
  reopen: { icon: "refresh", name: () => t("Take up again"), ask: () => t("Make this plan a draft again?"), main: true },
};
const ORDER = ["submit", "approve", "adopt", "return", "reopen", "withdraw"];

export class Review {
  constructor(desk) {
    this.desk = desk;
    this.dialog = byId("dialog");
    this.dialog.addEventListener("close", () => fill(this.dialog));
  }

  show() {
    const { plan, can } = this.desk.draft;
    const named = ORDER.filter((act) => can.includes(act));
    fill(byId("state-acts"), ...named.map((act) => this.button(act, plan)), named.length ? null : this.why(plan));
  }

  button(act, plan) {
    const isMain = ACTS[act].main && !(act === "adopt" && !plan.approved) && !(act === "approve" && plan.approved);
    return button(ACTS[act].name(), ACTS[act].icon, () => this.begin(act), { id: `act-${act}`, class: `btn btn-sm ${isMain ? "btn-primary" : ""}` });
  }

  /** Why nothing can be done, in words. */
  why(plan) {
    const text = {
      draft: t("Drafts are drawn and handed in by planners."),
      in_review: t("Waiting for a reviewer who did not draw it."),
      adopted: t("Adopted: its boundaries are history now, and stay as they are."),
      withdrawn: t("Withdrawn."),
    }[plan.state];
    return el("span", { class: "why-not", text });
  }

  begin(act) {
    if (act === "adopt") return this.adopt();
    const { ask, needs, name } = ACTS[act];
    const words = el("textarea", { class: "form-control", name: "note", rows: 3, maxlength: 4000, required: Boolean(needs), id: "act-note" });
    return this.open(name(), [el("p", { text: ask() }), el("label", { class: "form-label", text: needs ? t("What has to be changed") : t("Note (may be left out)") }, words)], name(), () => post(`/${act}`, { version: this.desk.version(), note: words.value }));
  }

  open(title, parts, go, send) {
    const trouble = el("p", { class: "trouble", role: "alert", hidden: true });
    const form = el(
      "form",
      {
        method: "dialog",
        on: {
          submit: async (event) => {
            event.preventDefault();
            if (!send) return this.dialog.close();
            form.querySelector(".go").disabled = true;
            try {
              await send();
              this.dialog.close();
              await this.desk.load();
            } catch (error) {
              trouble.hidden = false;
              trouble.textContent = error.message;
              form.querySelector(".go").disabled = false;
            }
          },
        },
      },
      el("h2", { id: "dialog-title", text: title }),
      ...parts,
      trouble,
      el("div", { class: "dialog-acts" }, button(t("Cancel"), null, () => this.dialog.close(), { class: "btn" }), send ? el("button", { class: "btn btn-primary go", type: "submit", text: go }) : null),
    );
    fill(this.dialog, form);
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** First the rehearsal, then the question. */
  async adopt() {
    try {
      const found = await post("/adopt", { version: this.desk.version() });
      const list = (title, codes) => (codes.length ? el("li", {}, el("b", { text: `${title}: ` }), el("span", { text: codes.map((code) => this.desk.nameOf(code)).join(", ") })) : null);
      const parts = [
        el("p", { text: t("On {day} this happens in one step, or not at all:", { day: date(found.effective_on) }) }),
        el(
          "ul",
          { class: "rehearsal" },
          list(t("New grids"), found.opened),
          list(t("Boundaries that change"), found.redrawn),
          ...Object.entries(found.renamed).map(([code, [was, now]]) => el("li", { text: t("{code} is called {now}, before {was}", { code: code.slice(12), was, now }) })),
          ...Object.entries(found.retired).map(([code, heirs]) => el("li", { text: heirs.length ? t("{code} is closed; {heirs} take over", { code: this.desk.nameOf(code), heirs: heirs.map((each) => this.desk.nameOf(each)).join(", ") }) : t("{code} is closed; nobody takes over", { code: this.desk.nameOf(code) }) })),
          found.surroundings ? el("li", { text: t("{count} boundaries next door gain a corner and keep their ground", { count: count(found.surroundings) }) }) : null,
          ...found.rehomed.map(({ name, count: number }) => el("li", { text: t("{count} {things} get another grid", { count: count(number), things: name }) })),
        ),
        found.broken.length ? el("ul", { class: "broken" }, ...found.broken.map((each) => el("li", { class: each.refuses ? "bad" : "warn" }, icon(each.refuses ? "circle-x" : "alert-triangle"), el("span", { text: each.text }), each.geometry ? button(t("Show"), "map-pin", () => (this.dialog.close(), this.desk.showShape(each.geometry))) : null))) : null,
        found.refused ? el("p", { class: "bad", text: t("It cannot be adopted while these are open.") }) : null,
        !found.refused && !this.desk.draft.plan.approved ? el("p", { class: "warn", text: t("This version has not been approved yet.") }) : null,
      ].filter(Boolean);
      this.open(t("Adopt this plan"), parts, t("Adopt"), found.refused ? null : () => post("/adopt", { version: this.desk.version(), commit: true }));
    } catch (trouble) {
      this.desk.say(trouble.message, true);
    }
  }

  /** What moving onto today's boundaries meets; conflicts are shown and ticked off one by one. */
  async rebase() {
    try {
      const found = await post("/rebase", { version: this.desk.version() });
      const { conflicts } = found;
      const drop = () => [...this.dialog.querySelectorAll("[name=drop]:checked")].map(({ value }) => Number(value));
      this.desk.board.ghost(conflicts.map(({ geometry }) => ({ geometry, kind: "overlap" })));
      const parts = [
        el("p", { text: t("{count} grids have other boundaries now than when this draft was begun.", { count: count(found.changed.length) }) }),
        conflicts.length ? el("p", { text: t("These operations meet changed ground. Ticked ones are left out.") }) : el("p", { class: "good", text: t("Every operation still applies.") }),
        el("ul", { class: "check-list" }, ...conflicts.map((each) => el("li", {}, el("label", { class: "form-check" }, el("input", { class: "form-check-input", type: "checkbox", name: "drop", value: each.operation, checked: each.refused }), el("span", { class: "form-check-label" }, el("b", { text: each.what }), el("span", { class: each.refused ? "bad" : "warn", text: ` ${each.why}` })))))),
      ];
      this.open(t("Take over the boundaries in force"), parts, t("Take over"), () => post("/rebase", { version: this.desk.version(), drop: drop(), accept: true, commit: true }));
    } catch (trouble) {
      this.desk.say(trouble.message, true);
    }
  }
}
