// The download menu: each link carries the state of the page.

import { byId } from "./dom.js";
import * as state from "./state.js";
import { boot } from "./words.js";

/** Point every link at the present unit, lens and run. */
export function showDownloads(run) {
  for (const link of document.querySelectorAll("[data-download]")) {
    const { download, language } = link.dataset;
    const query = state.query({ language, run: run?.id, compare: null });
    link.href = `${boot.downloads}/${download}?${query}`;
  }
  byId("download-menu").hidden = !run;
}
