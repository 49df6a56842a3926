// What the page shows, kept in the address bar: reload, back and a shared link show the same.

const KEYS = ["unit", "lens", "run", "compare", "finding"];
const listeners = [];
let current = {};

function read(defaults) {
  const given = new URLSearchParams(location.search);
  return Object.fromEntries(KEYS.map((key) => [key, given.get(key) || defaults[key] || null]));
}

/** Start from the address bar; `defaults` fill what it leaves out and are left out of it again. */
export function start(defaults) {
  current = read(defaults);
  addEventListener("popstate", () => change(read(defaults), false));
  current.defaults = defaults;
}

export const get = () => current;

/** Call `listener(now, before)` after every change. */
export function onChange(listener) {
  listeners.push(listener);
}

function change(next, remember) {
  const before = current;
  current = { ...next, defaults: before.defaults };
  if (remember) history.pushState(null, "", address());
  for (const listener of listeners) listener(current, before);
}

/** Change some keys; null takes one out. */
export function set(changes) {
  const next = { ...current, ...changes };
  if (KEYS.some((key) => (next[key] ?? null) !== (current[key] ?? null))) change(next, true);
}

/** Address of the page with some keys changed. */
export function address(changes = {}) {
  const next = { ...current, ...changes };
  const query = new URLSearchParams();
  for (const key of KEYS) if (next[key] && next[key] !== current.defaults?.[key]) query.set(key, next[key]);
  const text = query.toString();
  return text ? `${location.pathname}?${text}` : location.pathname;
}

/** The keys as a query for the data addresses. */
export function query(extra = {}) {
  const asked = new URLSearchParams();
  for (const key of ["unit", "lens", "run", "compare"]) if (current[key]) asked.set(key, current[key]);
  for (const [key, value] of Object.entries(extra)) {
    if (value === null || value === undefined) asked.delete(key);
    else asked.set(key, value);
  }
  return asked.toString();
}
