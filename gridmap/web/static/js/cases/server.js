// Talks to the server about cases: JSON out, JSON in, named errors as sentences.

import { Trouble } from "../api.js";
import { boot, t } from "../words.js";

async function asked(path, options) {
  let response;
  try {
    response = await fetch(`${boot.data}${path}`, options);
  } catch {
    throw new Trouble("Offline", t("The server cannot be reached. Check the connection and try again."), 0);
  }
  if (response.redirected && response.url.includes("/sign-in")) location.assign(response.url);
  if (response.status === 304) return { status: 304, body: null, etag: response.headers.get("ETag") };
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const body = isJson ? await response.json() : null;
  if (!response.ok || body === null) throw new Trouble(body?.error?.code ?? "Unknown", body?.error?.message ?? t("The server gave no usable answer."), response.status);
  return { status: response.status, body, etag: response.headers.get("ETag") };
}

/** Fetch JSON; with `etag` the answer may be 304, "nothing changed". */
export const load = (path, etag = null) =>
  asked(path, { cache: "no-store", headers: { Accept: "application/json", ...(etag ? { "If-None-Match": etag } : {}) } });

export const send = async (path, body) =>
  (await asked(path, { method: "POST", headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": boot.csrf }, body: JSON.stringify(body) })).body;
