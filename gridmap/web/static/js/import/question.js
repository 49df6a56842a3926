// One question about the file, with its candidates as cards: coordinates, shifted datum, text encoding, sheet, header row.

import { ask } from "../api.js";
import { el, fill, icon } from "../dom.js";
import { t } from "../words.js";
import { boxOf, closeUp, picture } from "./picture.js";

/** What each kind of question is called, and why it is asked. */
const KINDS = {
  crs: () => [t("Which coordinates are these?"), t("The file does not say which coordinate system its numbers are in. Choose the picture in which your data (orange) lies where it belongs, beside the outline of the county (grey).")],
  shift: () => [t("Are these coordinates shifted?"), t("Map vendors in China move coordinates by some 500 m (GCJ-02 for most, BD-09 for Baidu). Choose the picture in which the outlines fit.")],
  encoding: () => [t("Which of these can you read?"), t("The file does not say how its text is written. Choose the line with the right Chinese words.")],
  layer: () => [t("Which table shall be read?"), t("The file holds several. Choose one; you can upload the file again for another.")],
  header: () => [t("Which row holds the column names?"), t("The first rows look like a title. Choose the row with the names of the columns.")],
};

function card(choice, name, drawing, chosen) {
  const input = el("input", { type: "radio", name, value: choice.value, on: { change: () => chosen(choice.value) } });
  const samples = choice.sample.length ? el("ul", { class: "samples" }, ...choice.sample.map((text) => el("li", { text, dir: "auto" }))) : null;
  return el(
    "label",
    { class: "choice" },
    input,
    el("span", { class: "choice-box" }, drawing, el("strong", { text: choice.label, dir: "auto" }), choice.detail ? el("span", { class: "choice-detail", text: choice.detail, dir: "auto" }) : null, samples),
  );
}

function legend(kind) {
  const entry = (className, words) => el("li", {}, el("span", { class: `key ${className}`, "aria-hidden": "true" }), el("span", { text: words }));
  if (kind !== "crs" && kind !== "shift") return null;
  return el("ul", { class: "picture-legend" }, entry("key-county", t("What stands in the database")), entry("key-data", t("Your file")));
}

/** Write the question; `answered(kind, value)` when one is chosen and sent. */
export async function showQuestion(place, upload, answered) {
  const { kind, text, choices } = upload.question;
  const [title, why] = (KINDS[kind] ?? (() => [t("One question about the file"), ""]))();
  const isMap = kind === "crs" || kind === "shift";
  let value = null;
  const go = el("button", { type: "submit", class: "btn btn-primary", disabled: true }, icon("check"), el("span", { text: t("Go on with this") }));
  const choose = (picked) => {
    value = picked;
    go.disabled = false;
  };
  const cards = el("div", { class: `choices${isMap ? " choices-map" : ""}${kind === "shift" ? " choices-shift" : ""}`, role: "radiogroup", "aria-labelledby": "step-title" });
  const form = el(
    "form",
    {
      on: {
        submit: (event) => {
          event.preventDefault();
          if (value === null) return;
          go.disabled = true;
          answered(kind, value);
        },
      },
    },
    legend(kind),
    cards,
    el("p", { class: "form-acts" }, go),
  );
  const other = kind === "crs" ? otherSystem(answered) : null;
  fill(
    place,
    el("h2", { id: "step-title", class: "step-head", tabindex: "-1", text: title }),
    text ? el("p", { class: "stated", text, dir: "auto" }) : null,
    why ? el("p", { class: "why", text: why }) : null,
    form,
    other,
  );
  const draw = (shapes, ground) => {
    const drawn = choices.map((choice) => {
      const own = shapes.filter(({ properties }) => String(properties.choice) === choice.value);
      return own.length ? own : choice.bounds ? [boxOf(choice.bounds)] : [];
    });
    // A shift of 500 m cannot be seen on a whole county.
    const near = kind === "shift" ? closeUp(ground, drawn) : null;
    const drawings = choices.map((choice, position) => {
      if (!isMap) return null;
      const data = drawn[position];
      if (data.length === 0) return el("span", { class: "picture picture-none", text: t("Nothing to draw") });
      const label = t("Where the data would lie: {name}", { name: choice.label });
      return picture([{ features: ground, className: "picture-county" }, { features: data, className: "picture-data" }], label, near);
    });
    fill(cards, ...choices.map((choice, position) => card(choice, "choice", drawings[position], choose)));
  };
  draw([], []);
  if (!isMap) return;
  const [preview, outline] = await Promise.all([ask("preview", `${upload.id}/preview`), ask("outline", "outline")]);
  if (value === null && place.contains(cards)) draw(preview.features, outline.features);
}

/** For those who know better: an EPSG number of their own. */
function otherSystem(answered) {
  const input = el("input", { class: "form-control", id: "other-crs", inputmode: "numeric", pattern: "[0-9]{4,6}", maxlength: "6", required: true, placeholder: "4549", autocomplete: "off" });
  return el(
    "details",
    { class: "other" },
    el("summary", { text: t("None of these: I know the EPSG number") }),
    el(
      "form",
      {
        class: "other-form",
        on: {
          submit: (event) => {
            event.preventDefault();
            answered("crs", `EPSG:${input.value.trim()}`);
          },
        },
      },
      el("label", { for: "other-crs", text: t("EPSG number") }),
      input,
      el("button", { type: "submit", class: "btn", text: t("Use this") }),
    ),
  );
}
