// Small forms in the panel: everything but free drawing is done with these, by keyboard and screen reader too.

import { el, icon } from "../dom.js";

/** A folded form: title, fields, one button. `send(values)` gets the values by name. */
export function folded(title, iconName, fields, button, send, attributes = {}) {
  const form = el(
    "form",
    {
      class: "fold-form",
      on: {
        submit: (event) => {
          event.preventDefault();
          const data = new FormData(form);
          const values = {};
          for (const name of new Set(data.keys())) values[name] = data.getAll(name).length > 1 ? data.getAll(name) : data.get(name);
          send(values, form);
        },
      },
    },
    ...fields,
    el("button", { class: "btn btn-sm btn-primary", type: "submit", text: button }),
  );
  return el("details", { class: "fold", ...attributes }, el("summary", {}, icon(iconName), el("span", { text: title })), form);
}

/** A text or number field with its label. */
export function field(label, name, attributes = {}) {
  return el("label", { class: "form-label", text: label }, el("input", { class: "form-control form-control-sm", name, autocomplete: "off", ...attributes }));
}

/** A list to choose one of: [[value, text], …]. */
export function choice(label, name, options, chosen = null) {
  return el(
    "label",
    { class: "form-label", text: label },
    el("select", { class: "form-select form-select-sm", name }, ...options.map(([value, text]) => el("option", { value, text, selected: value === chosen }))),
  );
}

/** Check boxes: [[value, text], …]. */
export function checks(label, name, options) {
  return el(
    "fieldset",
    { class: "check-list" },
    el("legend", { class: "form-label", text: label }),
    ...options.map(([value, text]) => el("label", { class: "form-check" }, el("input", { class: "form-check-input", type: "checkbox", name, value }), el("span", { class: "form-check-label", text }))),
  );
}

export const button = (text, iconName, act, attributes = {}) =>
  el("button", { type: "button", class: "btn btn-sm", on: { click: act }, ...attributes }, iconName ? icon(iconName) : null, el("span", { text }));
