// One upload: follows it while it is worked on, and shows the step at which it waits for a person.

import { tell } from "../api.js";
import { byId, el, fill, icon } from "../dom.js";
import { boot, percent, t } from "../words.js";
import { confirmed } from "./dialog.js";
import { showDone } from "./done.js";
import { missingFields, showMapping } from "./mapping.js";
import { follow, isBusy } from "./poll.js";
import { showQuestion } from "./question.js";
import { showRehearsal } from "./rehearsal.js";
import { showSteps } from "./steps.js";

const stage = byId("stage");
const live = byId("live");
let shown = null; // what of the upload is on the page
let first = true;
let stop = () => {};

function trouble(error) {
  byId("trouble-text").textContent = error.message;
  byId("trouble").hidden = false;
  byId("trouble").scrollIntoView({ block: "nearest" });
}

function watch() {
  byId("trouble").hidden = true;
  stop();
  stop = follow(boot.upload, seen, trouble);
}

/** Put the reader's place at the head of a new step; not on arrival, where the page begins at its top. */
function enter(words) {
  live.textContent = words;
  const head = stage.querySelector(".step-head");
  if (!first) {
    head?.focus({ preventScroll: true });
    byId("main").scrollIntoView({ block: "start" });
  }
  first = false;
}

function reading(upload) {
  const words = upload.step ?? (upload.state === "committing" ? t("Writing …") : upload.state === "received" ? t("Waiting for its turn …") : t("Reading …"));
  const title = upload.state === "committing" ? t("Writing to the database") : t("Reading the file");
  if (shown?.kind !== upload.state) {
    const bar = el("progress", { class: "reading-bar", max: "1", "aria-label": title });
    const said = el("p", { class: "reading-said" });
    fill(
      stage,
      el(
        "div",
        { class: "card part reading" },
        el(
          "div",
          { class: "card-body" },
          el("h2", { class: "step-head", tabindex: "-1", text: title }),
          bar,
          said,
          upload.state === "committing" ? null : el("p", { class: "hint", text: t("You may leave this page; the work goes on, and “My uploads” brings you back.") }),
        ),
      ),
    );
    shown = { kind: upload.state, bar, said };
    enter(title);
  }
  if (upload.progress > 0) shown.bar.value = upload.progress;
  const line = upload.progress > 0 ? `${words} · ${percent(Math.min(1, upload.progress))}` : words;
  if (shown.said.textContent !== line) shown.said.textContent = line;
  if (shown.step !== words) {
    // Percentages are for the eye; what is spoken changes only with the step.
    live.textContent = words;
    shown.step = words;
  }
}

function over(upload) {
  const isGone = upload.state === "discarded";
  const canMap = upload.columns.length > 0 && missingFields(upload).length > 0;
  const title = isGone ? t("This upload was discarded") : upload.state === "failed" ? t("The file could not be worked on") : canMap ? t("Match the columns") : t("The file was refused");
  const mapping = el("div");
  fill(
    stage,
    el(
      "div",
      { class: "card part" },
      el(
        "div",
        { class: "card-body" },
        el("h2", { class: "step-head", tabindex: "-1", text: title }),
        isGone ? el("p", { text: t("Its file has been removed. Nothing was loaded.") }) : el("div", { class: "alert alert-danger", role: "alert" }, icon("alert-circle"), el("span", { text: upload.error ?? t("No reason was given."), dir: "auto" })),
        isGone ? null : el("p", { class: "why", text: t("Nothing was loaded. Put it right in the file and upload it again.") }),
        mapping,
        el("div", { class: "done-acts" }, el("a", { class: "btn btn-primary", href: boot.page }, icon("upload"), el("span", { text: t("Upload another file") }))),
      ),
    ),
  );
  if (canMap) showMapping(mapping, upload, (given) => answer({ mapping: given }));
  enter(title);
}

async function answer(answers, choice = {}) {
  try {
    await tell(`${boot.upload}/answer`, { answers: JSON.stringify(answers), ...choice });
    shown = null;
    watch();
  } catch (error) {
    trouble(error);
    for (const button of stage.querySelectorAll("button[type=submit]")) button.disabled = false;
  }
}

function seen(upload) {
  document.body.dataset.state = upload.state;
  showSteps(byId("steps"), upload);
  byId("discard").hidden = ["committed", "discarded", "committing"].includes(upload.state);
  if (isBusy(upload)) {
    reading(upload);
  } else {
    shown = null;
    if (upload.state === "question") {
      showQuestion(stage, upload, (kind, value) => answer({}, { kind, value })).catch(trouble);
    } else if (upload.state === "ready") {
      showRehearsal(stage, upload, { answered: answer, committed: watch, trouble });
    } else if (upload.state === "committed") {
      showDone(stage, upload, () => location.assign(boot.page));
    } else {
      over(upload);
    }
    if (upload.state !== "refused" && upload.state !== "failed" && upload.state !== "discarded") enter(stage.querySelector(".step-head")?.textContent ?? "");
  }
  document.body.dataset.ready = "yes";
}

byId("discard").addEventListener("click", async () => {
  const yes = await confirmed({ title: t("Discard this upload?"), lines: [t("The file is removed from the server. Nothing was loaded.")], act: t("Discard"), dangerous: true });
  if (!yes) return;
  try {
    stop();
    await tell(`${boot.upload}/discard`);
    location.assign(boot.page);
  } catch (error) {
    trouble(error);
    watch();
  }
});
byId("retry").addEventListener("click", watch);
watch();
