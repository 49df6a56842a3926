// Follows an upload while it is worked on: often at first, ever more seldom while nothing moves.

import { ask, wasCancelled } from "../api.js";

const FIRST_MS = 400;
const LAST_MS = 5000;
const GROWTH = 1.5;
const PATIENCE = 4; // failed questions in a row before it is said

/** States in which the server works on the upload by itself. */
export const isBusy = (upload) => ["received", "reading", "committing"].includes(upload.state);

/** Ask until the upload waits for a person or is over; `seen(upload)` after every answer, `lost(error)` on trouble. */
export function follow(id, seen, lost) {
  let wait = FIRST_MS;
  let failed = 0;
  let before = "";
  let timer = null;
  const look = async () => {
    try {
      const upload = await ask("upload", String(id));
      failed = 0;
      const now = `${upload.state} ${upload.progress} ${upload.step}`;
      wait = now === before ? Math.min(LAST_MS, wait * GROWTH) : FIRST_MS;
      before = now;
      seen(upload);
      if (isBusy(upload)) timer = setTimeout(look, document.hidden ? LAST_MS : wait);
    } catch (error) {
      if (wasCancelled(error)) return;
      failed += 1;
      if (error.status !== 0 || failed >= PATIENCE) lost(error);
      else timer = setTimeout(look, (wait = Math.min(LAST_MS, wait * 2)));
    }
  };
  look();
  return () => clearTimeout(timer);
}
