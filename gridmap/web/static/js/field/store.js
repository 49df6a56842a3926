// What the phone keeps: one IndexedDB per account, so that nobody sees what another account left.

import { boot } from "../words.js";

const NAME = `gridmap-field-${boot.account}`;

/** Remove what other accounts left on this phone. */
export async function forgetOthers() {
  const known = JSON.parse(localStorage.getItem("gridmap-field-accounts") ?? "[]");
  for (const name of known.filter((each) => each !== NAME)) indexedDB.deleteDatabase(name);
  localStorage.setItem("gridmap-field-accounts", JSON.stringify([NAME]));
}

const opened = new Promise((done, failed) => {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("kept");
    asked.result.createObjectStore("queue", { keyPath: "key" });
  };
  asked.onsuccess = () => done(asked.result);
  asked.onerror = () => failed(asked.error);
});

async function run(store, mode, act) {
  const database = await opened;
  return new Promise((done, failed) => {
    const transaction = database.transaction(store, mode);
    const asked = act(transaction.objectStore(store));
    transaction.oncomplete = () => done(asked.result);
    transaction.onerror = () => failed(transaction.error);
  });
}

export const keep = (name, value) => run("kept", "readwrite", (store) => store.put(value, name));
export const kept = (name) => run("kept", "readonly", (store) => store.get(name));
export const waiting = async () => (await run("queue", "readonly", (store) => store.getAll())).sort((a, b) => a.order - b.order);
export const put = (item) => run("queue", "readwrite", (store) => store.put(item));
export const drop = (key) => run("queue", "readwrite", (store) => store.delete(key));
