// What a person must decide before the file can be committed: codes that changed between lists, and larger repairs.

import { el, fill } from "../dom.js";
import { area, count, t } from "../words.js";
import { areaChange } from "./figures.js";

/** Decisions on codes: a group of radio buttons for each. `decided(code, value)` on every choice. */
export function showDecisions(place, upload, decided) {
  fill(
    place,
    ...upload.decisions.map((decision, number) =>
      el(
        "fieldset",
        { class: "decision" },
        el("legend", {}, el("span", { text: decision.name, dir: "auto" }), el("span", { class: "code", text: decision.code })),
        decision.text ? el("p", { text: decision.text, dir: "auto" }) : null,
        ...decision.choices.map((choice) =>
          el(
            "label",
            { class: "form-check" },
            el("input", { class: "form-check-input", type: "radio", name: `decision-${number}`, value: choice.value, checked: choice.value === decision.chosen, on: { change: () => decided(decision.code, choice.value) } }),
            el("span", { class: "form-check-label" }, el("span", { text: choice.label, dir: "auto" }), choice.detail ? el("small", { text: choice.detail, dir: "auto" }) : null),
          ),
        ),
      ),
    ),
  );
}

/** Repairs that change an area noticeably: before and after, and one tick for all. */
export function showRepairs(place, upload, total, taken, took) {
  const heads = [t("Row"), t("Name"), t("What was done"), t("Area before"), t("Area after"), t("Difference")];
  const rows = upload.repairs.map(({ row, name, text, before_m2: before, after_m2: after }) => {
    const figures = [before === null ? "–" : area(before), after === null ? "–" : area(after), areaChange(before, after)];
    const cells = [count(row), name, text, ...figures];
    return el("tr", {}, ...cells.map((words, place) => el("td", { class: place > 2 ? "number" : null, data: { label: heads[place] } }, el("span", { text: words, dir: "auto" }))));
  });
  const tick = el("input", { class: "form-check-input", type: "checkbox", id: "take-repairs", checked: taken, on: { change: (event) => took(event.target.checked) } });
  fill(
    place,
    rows.length ? el("div", { class: "table-responsive" }, el("table", { class: "table table-sm repairs" }, el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })))), el("tbody", {}, ...rows))) : null,
    total > rows.length && rows.length ? el("p", { class: "hint", text: t("The first {shown} of {total} are listed.", { shown: count(rows.length), total: count(total) }) }) : null,
    el("label", { class: "form-check", for: "take-repairs" }, tick, el("span", { class: "form-check-label", text: t("I have looked at these repairs and accept all of them.") })),
  );
}
