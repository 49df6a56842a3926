// Asks the server. A newer question of the same name cancels the older one, so answers never arrive out of order.

import { boot, t } from "./words.js";

const running = new Map();

export class Trouble extends Error {
  constructor(code, message, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

async function understood(response) {
  if (response.redirected && response.url.includes("/sign-in")) {
    location.assign(response.url);
    throw new Trouble("SignedOut", t("Please sign in."), 401);
  }
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const body = isJson ? await response.json() : null;
  if (response.ok && body !== null) return body;
  if (response.status === 401) location.reload();
  const stated = body?.error;
  throw new Trouble(stated?.code ?? "Unknown", stated?.message ?? t("The server gave no usable answer."), response.status);
}

async function send(url, options) {
  try {
    return await understood(await fetch(url, { headers: { Accept: "application/json", ...options.headers }, ...options }));
  } catch (error) {
    if (error instanceof Trouble || error.name === "AbortError") throw error;
    throw new Trouble("Offline", t("The server cannot be reached. Check the connection and try again."), 0);
  }
}

/** Fetch JSON from a data address below the page: ask("list", "findings?unit=…"). */
export async function ask(name, path) {
  running.get(name)?.abort();
  const control = new AbortController();
  running.set(name, control);
  try {
    return await send(`${boot.data}/${path}`, { signal: control.signal });
  } finally {
    if (running.get(name) === control) running.delete(name);
  }
}

/** Post to a data address, with the token that proves the page is ours. */
export function tell(path, values = {}) {
  const body = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
  return send(`${boot.data}/${path}`, {
    method: "POST",
    body,
    headers: { Accept: "application/json", "X-CSRFToken": boot.csrf },
  });
}

export const wasCancelled = (error) => error.name === "AbortError";
