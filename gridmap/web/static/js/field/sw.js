// Keeps the page and its files for the time without a signal. Data is never kept here: the page does that, per account.

const SHELL = "gridmap-field-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The first visit is over before this worker watches: the page tells which files it used.
self.addEventListener("message", ({ data }) => {
  if (data?.keep) caches.open(SHELL).then((cache) => Promise.all(data.keep.map((url) => cache.match(url).then((known) => known ?? cache.add(url).catch(() => null)))));
  if (data?.forget) caches.delete(SHELL);
});

async function pageFirstFromServer(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) (await caches.open(SHELL)).put("/field", answer.clone());
    return answer;
  } catch (error) {
    const kept = await caches.match("/field");
    if (kept) return kept;
    throw error;
  }
}

async function fileFirstFromHere(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(SHELL)).put(request, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === "/field") event.respondWith(pageFirstFromServer(request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(fileFirstFromHere(request));
});
