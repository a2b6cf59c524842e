// Answers with what shell.js keeps where the network does not answer. Keeps nothing by itself.

const PATIENCE_MILLISECONDS = 5000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== location.origin || event.request.method !== "GET") return;
  if (pathname.startsWith("/estaticos/")) event.respondWith(asset(event.request));
  else if (event.request.mode === "navigate") event.respondWith(page(event.request, pathname));
});

const kept = (request) => caches.match(request, { ignoreVary: true });

async function asset(request) {
  return (await kept(request)) ?? fetch(request);
}

async function page(request, pathname) {
  const shell = await kept("/");
  const answer = fetch(request);
  if (!shell) return answer;
  if (pathname !== "/") return answer.catch(() => shell);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS, shell));
  return Promise.race([answer.catch(() => shell), late]);
}
