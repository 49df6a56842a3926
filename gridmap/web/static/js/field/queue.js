// What was done waits here until the server has it. In order, one at a time, each with its own key: sent twice is done once.

import { boot, t } from "../words.js";
import { drop, put, waiting } from "./store.js";

/** How long a move can be taken back although there is a signal. */
export const UNDO_MS = 5_000;

let running = false;
let token = boot.csrf;
let listener = () => {};
let carriedOut = () => {};

export const setToken = (fresh) => (token = fresh);
export const onChange = (act) => (listener = act);
export const onDone = (act) => (carriedOut = act);

/** Put something into the queue: { what: "report" | "move" | "photo" | "extension", title, document, photos: [Blob] }. */
export async function add(item) {
  const key = crypto.randomUUID();
  // a move waits a few seconds, so that a slip of the finger can be taken back
  const after = item.what === "move" ? Date.now() + UNDO_MS : 0;
  await put({ ...item, key, after, state: "waiting", order: Date.now() + Math.random(), document: { ...item.document, key } });
  await listener();
  send();
  return key;
}

/** Take something out that is not sent yet. */
export async function undo(key) {
  const item = (await waiting()).find((each) => each.key === key);
  if (!item || !["waiting", "conflict", "refused"].includes(item.state)) return false;
  await drop(key);
  await listener();
  return true;
}

/** After a conflict: try again on the case as it is now. */
export async function again(key) {
  const item = (await waiting()).find((each) => each.key === key);
  if (!item) return;
  await put({ ...item, state: "waiting", document: { ...item.document, version: item.now?.version ?? null } });
  await listener();
  send();
}

async function post(item) {
  const many = item.photos?.length || item.what === "report" || item.what === "photo";
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  let body = JSON.stringify(item.document);
  if (many) {
    body = new FormData();
    body.set("document", JSON.stringify(item.document));
    for (const [number, picture] of (item.photos ?? []).entries()) body.append("photo", picture, `${number}.jpg`);
  } else headers["Content-Type"] = "application/json";
  return fetch(`${boot.data}/${item.what}`, { method: "POST", headers, body });
}

async function freshToken() {
  const answer = await fetch(`${boot.data}/bundle`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return false;
  token = (await answer.json()).csrf;
  return true;
}

const next = async () => {
  const item = (await waiting()).find(({ state }) => state === "waiting" || state === "sending");
  const early = (item?.after ?? 0) - Date.now();
  if (early <= 0) return item;
  setTimeout(send, early + 50);
  return undefined;
};

/** Later moves of the same case were made on what this one leaves behind. */
async function follow({ document: done }, version) {
  for (const later of await waiting()) {
    if (later.state === "waiting" && later.what === "move" && later.document.case === done.case) {
      await put({ ...later, document: { ...later.document, version } });
    }
  }
}

/** Send what waits. Without a signal it stays; a refusal is shown, never dropped. */
export async function send() {
  if (running || !navigator.onLine) return;
  running = true;
  try {
    for (let item = await next(); item; item = await next()) if (!(await sendOne(item))) break;
  } finally {
    running = false;
    await listener();
  }
}

/** True when the next one may follow. */
async function sendOne(item) {
  await put({ ...item, state: "sending" });
  await listener();
  let answer;
  let told;
  try {
    answer = await post(item);
    told = await answer.json().catch(() => null);
    if (answer.status === 400 && told?.error?.code === "FormExpired" && (await freshToken())) {
      answer = await post(item);
      told = await answer.json().catch(() => null);
    }
  } catch {
    await put({ ...item, state: "waiting" });
    return false; // no signal after all
  }
  if (answer.status === 401 || answer.redirected || answer.status >= 500) {
    const why = answer.status >= 500 ? t("The server has trouble; it is tried again.") : t("Sign in again; nothing is lost.");
    await put({ ...item, state: "waiting", why });
    return false;
  }
  if (answer.ok && told) {
    await put({ ...item, state: "done", told, photos: [], why: null });
    if (told.row) await follow(item, told.row.version);
    await carriedOut(item, told);
  } else if (answer.status === 409) await put({ ...item, state: "conflict", why: told?.error?.message, now: told?.row });
  else await put({ ...item, state: "refused", why: told?.error?.message ?? t("The server gave no usable answer.") });
  await listener();
  return true;
}

window.addEventListener("online", send);
setInterval(send, 20_000);
