// Keeps the page at the gate, as it is for everybody, and its files, so that it opens without a network.

const CACHE = `coronet${new URL(".", import.meta.url).pathname}`;

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js");
  navigator.serviceWorker.ready.then(keep).catch(() => {}); // without a network the next page tries again
}

async function keep() {
  if (await caches.match("/", { cacheName: CACHE, ignoreVary: true })) return;
  const page = await fetch("/?armazon=1");
  if (!page.ok || page.redirected) return; // a login page is nothing to keep
  const files = (await page.clone().text()).match(/\/estaticos\/[\w/.-]+/g);
  const cache = await caches.open(CACHE);
  await cache.addAll(new Set(files));
  await cache.put("/", page);
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
}
