// The problems of a file, a page at a time: row, column, value, what was expected, how to put it right.

import { ask, wasCancelled } from "../api.js";
import { el, fill, icon } from "../dom.js";
import { count, t } from "../words.js";

const PAGE = 50;

function line(problem) {
  const mark = problem.repaired
    ? el("span", { class: "badge bg-blue-lt", text: t("put right") })
    : el("span", { class: "badge bg-red-lt", text: t("to correct") });
  const cell = (label, ...children) => el("td", { data: { label } }, ...children);
  return el(
    "tr",
    { class: problem.repaired ? "is-repaired" : "is-open" },
    cell(t("Row"), el("span", { class: "row-number", text: count(problem.row) }), mark),
    cell(t("Column"), el("span", { text: problem.column, dir: "auto" })),
    cell(t("Value"), problem.value === "" ? el("span", { class: "faint", text: t("(empty)") }) : el("code", { class: "value", text: problem.value, dir: "auto" })),
    cell(t("Expected"), el("span", { text: problem.expected, dir: "auto" })),
    cell(t("How to put it right"), el("span", { text: problem.fix, dir: "auto" })),
  );
}

export class Problems {
  /** `address`: of the Excel file. */
  constructor(place, upload, address) {
    this.upload = upload;
    this.column = "";
    this.offset = 0;
    this.body = el("tbody");
    this.said = el("p", { class: "page-said", role: "status", "aria-live": "polite" });
    this.back = el("button", { type: "button", class: "btn btn-sm", on: { click: () => this.turn(-1) } }, icon("arrow-left"), el("span", { text: t("Back") }));
    this.on = el("button", { type: "button", class: "btn btn-sm", on: { click: () => this.turn(1) } }, el("span", { text: t("Next") }), icon("arrow-right"));
    const columns = upload.problem_columns ?? [];
    const filter = el(
      "select",
      { class: "form-select form-select-sm", id: "problem-column", on: { change: (event) => this.only(event.target.value) } },
      el("option", { value: "", text: t("All columns") }),
      ...columns.map((column) => el("option", { value: column, text: column })),
    );
    const heads = [t("Row"), t("Column"), t("Value"), t("Expected"), t("How to put it right")];
    fill(
      place,
      el(
        "div",
        { class: "problem-tools" },
        columns.length > 1 ? el("label", { class: "chooser", for: "problem-column" }, el("span", { text: t("Only the column") }), filter) : null,
        el("span", { class: "spring" }),
        el("a", { class: "btn", href: address, download: true, id: "problems-file" }, icon("file-spreadsheet"), el("span", { text: t("Download the problems (Excel)") })),
      ),
      el("div", { class: "table-responsive" }, el("table", { class: "table table-sm problems" }, el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })))), this.body)),
      el("div", { class: "pager" }, this.said, this.back, this.on),
    );
    this.load();
  }

  only(column) {
    this.column = column;
    this.offset = 0;
    this.load();
  }

  turn(way) {
    this.offset = Math.max(0, this.offset + way * PAGE);
    this.load();
  }

  async load() {
    const query = new URLSearchParams({ offset: this.offset, limit: PAGE });
    if (this.column) query.set("column", this.column);
    try {
      const { total, problems } = await ask("problems", `${this.upload.id}/problems?${query}`);
      fill(this.body, ...problems.map(line));
      const last = this.offset + problems.length;
      this.said.textContent = total === 0 ? t("No problems here.") : t("{first}–{last} of {total}", { first: count(this.offset + 1), last: count(last), total: count(total) });
      this.back.disabled = this.offset === 0;
      this.on.disabled = last >= total;
      this.back.hidden = this.on.hidden = total <= PAGE;
    } catch (error) {
      if (!wasCancelled(error)) this.said.textContent = error.message;
    }
  }
}
