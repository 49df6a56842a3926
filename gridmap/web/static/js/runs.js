// Which run is shown, which one it is compared with, and computing anew with progress.

import { ask, tell, wasCancelled } from "./api.js";
import { byId, el, fill } from "./dom.js";
import * as state from "./state.js";
import { date, t, time } from "./words.js";

const POLL_MS = 700;

/** The day that a run is about; with the moment of computing where several runs are about the same day. */
function runName(run, runs) {
  const day = date(run.as_of);
  const alone = runs.every((other) => other.id === run.id || other.as_of !== run.as_of);
  return alone ? day : t("{day} (computed {moment})", { day, moment: time(run.finished_at) });
}

/** Write the two choosers. The newest run, and the one before it to compare with, are the defaults. */
export function showRuns({ runs, run, compare }) {
  const shown = byId("run");
  const against = byId("compare");
  const options = runs.map((each) => el("option", { value: each.id, text: runName(each, runs) }));
  fill(shown, ...options);
  if (run) shown.value = String(run.id);
  const earlier = runs.filter((each) => !run || each.id !== run.id);
  fill(
    against,
    el("option", { value: "none", text: t("nothing") }),
    ...earlier.map((each) => el("option", { value: each.id, text: runName(each, runs) })),
  );
  against.value = compare ? String(compare.id) : "none";
  against.disabled = earlier.length === 0;
  shown.disabled = runs.length < 2;
}

function say(text, mood = "") {
  const place = byId("recompute-status");
  place.textContent = text;
  place.className = mood;
}

function progress(share) {
  const bar = byId("recompute-progress");
  bar.hidden = share === null;
  if (share !== null) bar.value = share;
}

async function follow(id, done) {
  for (;;) {
    const run = await ask("run", `runs/${id}`);
    if (run.status === "done") {
      progress(null);
      say(t("Computed."), "good");
      setTimeout(() => say(""), 6000);
      done();
      return;
    }
    if (run.status === "failed") throw new Error(run.error || t("The computation failed. The earlier figures stand."));
    progress(run.progress ?? 0);
    say(run.status === "queued" ? t("Waiting …") : t("Computing … {share} %", { share: Math.round((run.progress ?? 0) * 100) }));
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

/** Wire the choosers and the button; `done()` is called when a new run stands. */
export function startRuns(done) {
  byId("run").addEventListener("change", (event) => state.set({ run: event.target.value, compare: null, finding: null }));
  byId("compare").addEventListener("change", (event) => state.set({ compare: event.target.value, finding: null }));
  const button = byId("recompute");
  const compute = async () => {
    button.disabled = true;
    say(t("Waiting …"));
    progress(0);
    try {
      const { id } = await tell("recompute");
      await follow(id, done);
    } catch (error) {
      if (wasCancelled(error)) return;
      progress(null);
      say(error.message, "bad");
    } finally {
      button.disabled = false;
    }
  };
  button?.addEventListener("click", compute);
  byId("first-compute")?.addEventListener("click", compute);
}
