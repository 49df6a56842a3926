// Which column is which field: a row per column, three values of it, a select. What is required is marked and counted.

import { el, fill, icon } from "../dom.js";
import { t } from "../words.js";

const HOW = {
  remembered: () => [t("remembered"), t("As you matched it the last time")],
  name: () => [t("by name"), t("Matched by the name of the column")],
  given: () => [t("yours"), t("Matched by you")],
};

function badge(how) {
  const found = HOW[how]?.();
  return found ? el("span", { class: `how how-${how}`, text: found[0], title: found[1] }) : null;
}

/** Required fields that no column serves. */
export const missingFields = (upload) => {
  const served = new Set(upload.columns.map(({ field }) => field));
  return upload.fields.filter(({ name, required }) => required && !served.has(name));
};

/** Write the table; `again(mapping)` when it shall be rehearsed anew with {column: field}. */
export function showMapping(place, upload, again) {
  const selects = new Map();
  const said = el("p", { class: "mapping-said", role: "status", "aria-live": "polite" });
  const go = el("button", { type: "submit", class: "btn btn-primary" }, icon("refresh"), el("span", { text: t("Rehearse again") }));
  const check = () => {
    const taken = new Map();
    for (const [column, select] of selects) if (select.value) taken.set(select.value, [...(taken.get(select.value) ?? []), column]);
    const missing = upload.fields.filter(({ name, required }) => required && !taken.has(name));
    const twice = [...taken].filter(([, columns]) => columns.length > 1).map(([name]) => upload.fields.find((field) => field.name === name)?.label ?? name);
    for (const select of selects.values()) select.classList.toggle("is-invalid", Boolean(select.value) && taken.get(select.value).length > 1);
    const words = [];
    if (missing.length) words.push(t("Still without a column: {fields}.", { fields: missing.map(({ label }) => label).join(t(", ")) }));
    if (twice.length) words.push(t("Chosen for two columns: {fields}.", { fields: twice.join(t(", ")) }));
    said.textContent = words.join(" ") || t("Every required field has its column.");
    said.classList.toggle("bad", words.length > 0);
    go.disabled = words.length > 0;
  };
  const rows = upload.columns.map(({ column, samples, field, how }, position) => {
    const select = el(
      "select",
      { class: "form-select form-select-sm", id: `field-${position}`, "aria-label": t("Field of the column {column}", { column }), on: { change: check } },
      el("option", { value: "", text: t("— leave out —") }),
      ...upload.fields.map(({ name, label, required }) => el("option", { value: name, text: required ? `${label} *` : label, selected: name === field })),
    );
    selects.set(column, select);
    const mark = badge(how);
    // Once a person chooses, how it was matched before is no longer true.
    select.addEventListener("change", () => mark?.remove());
    return el(
      "tr",
      {},
      el("th", { scope: "row", text: column, dir: "auto" }),
      el("td", {}, el("div", { class: "mapping-samples" }, ...samples.map((text) => el("span", { class: "sample", text: text === "" ? t("(empty)") : text, dir: "auto" })))),
      el("td", { class: "mapping-field" }, select, mark),
    );
  });
  const table = el(
    "table",
    { class: "table table-sm mapping" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col", text: t("Column of the file") }), el("th", { scope: "col", text: t("What stands in it") }), el("th", { scope: "col", text: t("Field") }))),
    el("tbody", {}, ...rows),
  );
  const form = el(
    "form",
    {
      on: {
        submit: (event) => {
          event.preventDefault();
          again(Object.fromEntries([...selects].map(([column, select]) => [column, select.value])));
        },
      },
    },
    el("div", { class: "table-responsive" }, table),
    el("div", { class: "mapping-foot" }, el("div", {}, el("p", { class: "hint", text: t("* required") }), said), go),
  );
  fill(place, form);
  check();
}
