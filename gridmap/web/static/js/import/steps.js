// The line of steps above the page: where we are, what is done, what is to come.

import { el, fill, icon } from "../dom.js";
import { t } from "../words.js";

const STEP_OF = {
  received: 0,
  reading: 0,
  question: 0,
  ready: 1,
  committing: 2,
  committed: 3,
  refused: 0,
  failed: 0,
  discarded: 0,
};

/** Write the steps for an upload; `trouble` marks the present one as stuck. */
export function showSteps(place, upload) {
  const titles = [t("Read the file"), t("Check what would change"), t("Commit"), t("Done")];
  const now = STEP_OF[upload.state] ?? 0;
  const isStuck = upload.state === "refused" || upload.state === "failed";
  const over = upload.state === "committed";
  fill(
    place,
    ...titles.map((title, position) => {
      const isDone = position < now || over;
      const state = isDone ? "done" : position === now ? (isStuck ? "stuck" : "now") : "later";
      return el(
        "li",
        { class: `step-${state}`, "aria-current": state === "now" || state === "stuck" ? "step" : null },
        el("span", { class: "step-mark", "aria-hidden": "true" }, isDone ? icon("check") : isStuck && position === now ? icon("x") : el("span", { text: String(position + 1) })),
        el("span", { class: "step-title", text: title }),
      );
    }),
  );
}
