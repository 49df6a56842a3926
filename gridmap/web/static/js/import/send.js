// Sends a file with a progress bar. XMLHttpRequest, because fetch cannot tell how much has been sent.

import { Trouble } from "../api.js";
import { boot, t } from "../words.js";

/** Send form data; `moved(share)` is called as it goes. Returns {done: Promise<answer>, stop()}. */
export function send(url, form, moved) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    const offline = () => reject(new Trouble("Offline", t("The server cannot be reached. Check the connection and try again."), 0));
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", boot.csrf);
    request.upload.addEventListener("progress", (event) => moved(event.lengthComputable ? event.loaded / event.total : null));
    request.addEventListener("error", offline);
    request.addEventListener("abort", () => reject(new Trouble("Stopped", t("The upload was stopped."), 0)));
    request.addEventListener("load", () => {
      const body = request.response;
      if (request.status >= 200 && request.status < 300 && body) resolve(body);
      else reject(new Trouble(body?.error?.code ?? "Unknown", body?.error?.message ?? t("The server gave no usable answer."), request.status));
    });
    request.send(form);
  });
  return { done, stop: () => request.abort() };
}
