// The rehearsal: counts, what would change, problems, what is to be decided, columns; and at the foot the commit button.

import { tell } from "../api.js";
import { el, fill, icon } from "../dom.js";
import { boot, count, t } from "../words.js";
import { Changes } from "./changes.js";
import { showDecisions, showRepairs } from "./decide.js";
import { confirmed } from "./dialog.js";
import { missingFields, showMapping } from "./mapping.js";
import { Problems } from "./problems.js";

const TILES = ["new", "changed", "same", "gone"];

const tileWords = (kind) => ({ new: t("new"), changed: t("changed"), same: t("same"), gone: t("gone") })[kind];
const tileAbout = (kind) =>
  ({
    new: t("not in the database yet"),
    changed: t("differ from what stands"),
    same: t("stand exactly so already"),
    gone: t("stand, but are not in the file; they are kept"),
  })[kind];

function tiles(upload, changes) {
  const buttons = TILES.map((kind) => {
    const value = upload.counts[kind] ?? 0;
    const press = (event) => {
      const isOn = event.currentTarget.getAttribute("aria-pressed") !== "true";
      for (const button of buttons) button.setAttribute("aria-pressed", String(isOn && button === event.currentTarget));
      changes.filter(isOn ? kind : "");
    };
    return el(
      "button",
      { type: "button", class: `tile tile-${kind}`, "aria-pressed": "false", disabled: value === 0, data: { count: kind }, on: { click: press } },
      el("span", { class: "tile-count", text: count(value) }),
      el("span", { class: "tile-word", text: tileWords(kind) }),
      el("span", { class: "tile-about", text: tileAbout(kind) }),
    );
  });
  const problems = upload.counts.problems ?? 0;
  const jump = el(
    "a",
    { class: `tile tile-problems${problems ? " has-problems" : ""}`, href: "#problems", data: { count: "problems" } },
    el("span", { class: "tile-count", text: count(problems) }),
    el("span", { class: "tile-word", text: t("problems") }),
    el("span", { class: "tile-about", text: problems ? t("must be put right first") : t("nothing stands in the way") }),
  );
  if (!problems) jump.removeAttribute("href");
  return el("div", { class: "tiles" }, ...buttons, jump);
}

/** Rows that the import passes over because they are of another county; null where there are none. */
function passedOver(upload) {
  const { elsewhere = 0 } = upload.counts;
  return elsewhere ? el("p", { class: "hint", id: "elsewhere", text: t("{count} rows are of places outside your county and are left out.", { count: count(elsewhere) }) }) : null;
}

function part(id, title, badge = null) {
  const inside = el("div", { class: "card-body" });
  const section = el("section", { class: "card part", id, "aria-labelledby": `${id}-title` }, el("div", { class: "card-header" }, el("h3", { id: `${id}-title`, text: title }), badge), inside);
  return { section, inside };
}

/** Why the commit button must wait, or null. */
function obstacle(upload, choices) {
  const missing = missingFields(upload);
  if (missing.length) return t("Still without a column: {fields}.", { fields: missing.map(({ label }) => label).join(t(", ")) });
  if (upload.error) return upload.error;
  const problems = upload.counts.problems ?? 0;
  if (choices.changed) return t("Rehearse again to see what your decisions change.");
  if (upload.decisions.some(({ code, chosen }) => !(choices.decisions[code] ?? chosen))) return t("Some codes are still to be decided.");
  if ((upload.counts.questions ?? 0) > 0 && !choices.takeRepairs) return t("Some repairs are still to be accepted.");
  if (problems) return problems === 1 ? t("One problem stands in the way. Put it right in the file and upload it again.") : t("{count} problems stand in the way. Put them right in the file and upload it again.", { count: count(problems) });
  if (!(upload.counts.new ?? 0) && !(upload.counts.changed ?? 0)) return t("The file changes nothing: everything in it stands in the database already.");
  return null;
}

function sentence(upload) {
  const { new: fresh = 0, changed = 0, same = 0 } = upload.counts;
  return t("{list}: {new} new, {changed} changed, {same} unchanged. All of it is written, or nothing.", { list: upload.layer_title, new: count(fresh), changed: count(changed), same: count(same) });
}

/** Write the rehearsal. `acts`: {answered(answers), committed(), trouble(error)}. */
export function showRehearsal(place, upload, acts) {
  const choices = { decisions: {}, takeRepairs: Boolean(upload.answers.take_repairs), changed: false };
  const changesPart = part("changes", t("What would change"));
  const changes = new Changes(changesPart.inside, upload);
  const parts = [];
  const problems = upload.counts.problems ?? 0;
  const open = upload.problem_total ?? problems;
  if (missingFields(upload).length === 0 && (upload.counts.new || upload.counts.changed || upload.counts.gone || upload.counts.same)) parts.push(changesPart.section);
  const why = el("p", { class: "commit-why", id: "commit-why", role: "status", "aria-live": "polite" });
  const commit = el("button", { type: "button", class: "btn btn-primary btn-commit", id: "commit", "aria-describedby": "commit-why" }, icon("database"), el("span", { text: t("Commit") }));
  const again = el("button", { type: "button", class: "btn", id: "rehearse", hidden: true }, icon("refresh"), el("span", { text: t("Rehearse again") }));
  const refresh = () => {
    const reason = obstacle(upload, choices);
    commit.disabled = reason !== null;
    why.textContent = reason ?? sentence(upload);
    why.classList.toggle("bad", reason !== null && (problems > 0 || Boolean(upload.error)));
    again.hidden = !choices.changed;
  };
  const touched = () => {
    choices.changed = true;
    refresh();
  };
  if (open || problems) {
    const { section, inside } = part("problems", t("Problems"), el("span", { class: `badge ${problems ? "bg-red-lt" : "bg-blue-lt"}`, text: count(open) }));
    new Problems(inside, upload, `${boot.page}/${upload.id}/problems.xlsx`);
    if (problems) inside.prepend(el("p", { class: "why", text: t("Nothing is loaded while a problem stands. Download them as Excel: the cells to correct are marked. Correct your file and upload it again.") }));
    if (problems) parts.unshift(section);
    else parts.push(section);
  }
  if (upload.decisions.length) {
    const { section, inside } = part("decisions", t("Codes to be decided"), el("span", { class: "badge bg-orange-lt", text: count(upload.decisions.length) }));
    showDecisions(inside, upload, (code, value) => {
      choices.decisions[code] = value;
      touched();
    });
    inside.prepend(el("p", { class: "why", text: t("These codes are not the same in the list that stands and in the file. Say for each what happened.") }));
    parts.push(section);
  }
  if ((upload.counts.questions ?? 0) > 0 || upload.repairs.length) {
    const { section, inside } = part("repairs", t("Repairs to be accepted"));
    showRepairs(inside, upload, upload.counts.questions ?? upload.repairs.length, choices.takeRepairs, (isTaken) => {
      choices.takeRepairs = isTaken;
      touched();
    });
    inside.prepend(el("p", { class: "why", text: t("These outlines were broken. Mending them changes their area by more than is done without asking.") }));
    parts.push(section);
  }
  const mappingPart = el("details", { class: "card part part-mapping", id: "columns", open: missingFields(upload).length > 0 || Boolean(upload.error) }, el("summary", { class: "card-header" }, el("h3", { text: t("Columns") }), el("span", { class: "summary-note", text: mappingNote(upload) }), icon("chevron-down", "turn")));
  const mappingInside = el("div", { class: "card-body" });
  mappingPart.append(mappingInside);
  if (upload.columns.length) {
    showMapping(mappingInside, upload, (mapping) => acts.answered({ mapping, take_repairs: choices.takeRepairs, decisions: choices.decisions }));
    if (missingFields(upload).length) parts.unshift(mappingPart);
    else parts.push(mappingPart);
  }
  again.addEventListener("click", () => acts.answered({ take_repairs: choices.takeRepairs, decisions: choices.decisions }));
  commit.addEventListener("click", async () => {
    const { new: fresh = 0, changed = 0, gone = 0 } = upload.counts;
    const lines = [
      sentence(upload),
      gone ? t("{count} that stand and are not in the file are kept as they are.", { count: count(gone) }) : null,
      upload.layer === "boundaries" && changed ? t("Where an outline stands already, a plan is made for adopting; nothing is overwritten.") : null,
      t("It can be undone from the import log while nothing else stands on it."),
    ];
    const act = fresh || changed ? t("Commit {count} rows", { count: count(fresh + changed) }) : t("Commit");
    if (!(await confirmed({ title: t("Commit {file}?", { file: upload.file_name }), lines, act }))) return;
    commit.disabled = true;
    try {
      await tell(`${upload.id}/commit`);
      acts.committed();
    } catch (error) {
      acts.trouble(error);
      refresh();
    }
  });
  fill(
    place,
    el("h2", { class: "step-head", tabindex: "-1", text: problems ? t("Some rows need your attention") : missingFields(upload).length ? t("Match the columns") : t("This is what would happen") }),
    upload.error ? el("div", { class: "alert alert-danger", role: "alert", text: upload.error, dir: "auto" }) : null,
    missingFields(upload).length ? el("p", { class: "why", text: t("Say which column holds what. What you choose here is remembered for the next file with the same columns.") }) : tiles(upload, changes),
    passedOver(upload),
    ...parts,
    el("div", { class: "commit-bar" }, why, again, commit),
  );
  if (changesPart.section.isConnected) {
    changes.load().then(
      () => changes.box.isConnected || changesPart.section.remove(),
      (error) => acts.trouble(error),
    );
  }
  refresh();
}

function mappingNote(upload) {
  const served = upload.columns.filter(({ field }) => field).length;
  const left = upload.columns.length - served;
  const words = t("{count} matched", { count: count(served) });
  return left ? `${words} · ${t("{count} left out", { count: count(left) })}` : words;
}
