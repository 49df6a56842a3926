// Talks to the server about one plan: JSON out, JSON in, named errors as sentences.

import { Trouble } from "../api.js";
import { boot, t } from "../words.js";

async function answered(response) {
  if (response.redirected && response.url.includes("/sign-in")) location.assign(response.url);
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const body = isJson ? await response.json() : null;
  if (response.ok && body !== null) return body;
  throw new Trouble(body?.error?.code ?? "Unknown", body?.error?.message ?? t("The server gave no usable answer."), response.status);
}

async function send(path, options) {
  try {
    return await answered(await fetch(`${boot.data}${path}`, options));
  } catch (error) {
    if (error instanceof Trouble || error.name === "AbortError") throw error;
    throw new Trouble("Offline", t("The server cannot be reached. Check the connection and try again."), 0);
  }
}

export const get = (path = "", signal = undefined) => send(path, { headers: { Accept: "application/json" }, signal });

export const post = (path, body = {}, signal = undefined) =>
  send(path, {
    method: "POST",
    signal,
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": boot.csrf },
    body: JSON.stringify(body),
  });

export const upload = (path, form) =>
  send(path, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": boot.csrf }, body: form });
