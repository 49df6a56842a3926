// After the commit: what was written, where to see it, and how to take it back. Also undo, for the import log.

import { tell } from "../api.js";
import { el, fill, icon } from "../dom.js";
import { boot, count, t } from "../words.js";
import { confirmed, told } from "./dialog.js";

/** What an undo would do, in words; `counts` as the rehearsal of the undo gives them. */
function undoLines(counts) {
  const { removed = 0, restored = 0, changed_back: back = 0, plans = 0 } = counts;
  const changed = restored + back;
  const lines = [];
  if (removed) lines.push(t("{count} rows that came with it are removed.", { count: count(removed) }));
  if (changed) lines.push(t("{count} rows get back the values they had before.", { count: count(changed) }));
  if (plans) lines.push(t("The plan that holds its new outlines is withdrawn; nothing drawn in it is lost."));
  if (lines.length === 0) lines.push(t("Nothing of it stands any more; only the log is marked."));
  lines.push(t("Nothing else is touched. The log keeps both."));
  return lines;
}

/** Rehearse an undo, ask, and do it. Resolves true when it was undone; where it cannot be, the reason is said. */
export async function undo(importId, fileName) {
  let counts;
  try {
    ({ counts } = await tell(`undo/${importId}`, { rehearse: "yes" }));
  } catch (error) {
    await told({ title: t("This import cannot be undone"), lines: [error.message] });
    return false;
  }
  const yes = await confirmed({ title: t("Undo the import of {file}?", { file: fileName }), lines: undoLines(counts), act: t("Undo the import"), dangerous: true });
  if (!yes) return false;
  try {
    await tell(`undo/${importId}`);
    return true;
  } catch (error) {
    await told({ title: t("This import cannot be undone"), lines: [error.message] });
    return false;
  }
}

/** Write the page after the commit. `undone()` when it was taken back. */
export async function showDone(place, upload, undone) {
  const { new: fresh = 0, changed = 0, same = 0 } = upload.counts;
  const head = el("h2", { class: "step-head", tabindex: "-1" }, icon("circle-check", "good"), el("span", { text: t("Committed") }));
  const facts = el("p", { class: "done-facts", text: t("{list}: {new} new, {changed} changed, {same} unchanged.", { list: upload.layer_title, new: count(fresh), changed: count(changed), same: count(same) }) });
  const plan = upload.plan_id ? el("div", { class: "alert alert-info" }, icon("info-circle"), el("span", { text: t("Outlines that stood already were not overwritten: a plan holds the new ones. Look at it, and adopt it when it is agreed.") })) : null;
  const links = el(
    "div",
    { class: "done-acts" },
    upload.plan_id ? el("a", { class: "btn btn-primary", href: upload.plan_url }, icon("map-2"), el("span", { text: t("Open the plan") })) : null,
    el("a", { class: `btn ${upload.plan_id ? "" : "btn-primary"}`, href: upload.map_url, id: "see-map" }, icon("map-pin"), el("span", { text: t("See it on the map") })),
    el("a", { class: "btn", href: boot.page }, icon("upload"), el("span", { text: t("Upload another file") })),
    upload.import_id
      ? el("button", { type: "button", class: "btn", id: "undo", on: { click: async () => (await undo(upload.import_id, upload.file_name)) && undone() } }, icon("arrow-back-up"), el("span", { text: t("Undo") }))
      : null,
  );
  const inside = el("div", { class: "card part done" }, el("div", { class: "card-body" }, head, facts, plan, links));
  fill(place, inside);
}
