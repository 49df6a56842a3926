// A question before something is done: what will happen, and two buttons. Escape and the backdrop mean no.

import { el } from "../dom.js";
import { t } from "../words.js";

/** Ask; `lines` are sentences. Resolves true when the act was chosen. `act` is the word on the button. */
export function confirmed({ title, lines, act, dangerous = false }) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const no = el("button", { type: "button", class: "btn", text: t("Cancel") });
    const yes = el("button", { type: "button", class: `btn ${dangerous ? "btn-danger" : "btn-primary"}`, text: act });
    const dialog = el(
      "dialog",
      { class: "ask", "aria-labelledby": "ask-title" },
      el("h2", { id: "ask-title", text: title }),
      ...lines.filter(Boolean).map((line) => el("p", { text: line, dir: "auto" })),
      el("div", { class: "ask-acts" }, no, yes),
    );
    const close = (answer) => {
      dialog.close();
      dialog.remove();
      before?.focus?.();
      resolve(answer);
    };
    no.addEventListener("click", () => close(false));
    yes.addEventListener("click", () => close(true));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(false);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && close(false));
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}

/** Say something that needs no choice. */
export function told({ title, lines }) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const ok = el("button", { type: "button", class: "btn btn-primary", text: t("Close") });
    const dialog = el(
      "dialog",
      { class: "ask", "aria-labelledby": "told-title" },
      el("h2", { id: "told-title", text: title }),
      ...lines.filter(Boolean).map((line) => el("p", { text: line, dir: "auto" })),
      el("div", { class: "ask-acts" }, ok),
    );
    const close = () => {
      dialog.remove();
      before?.focus?.();
      resolve();
    };
    ok.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", close);
    document.body.append(dialog);
    dialog.showModal();
  });
}
