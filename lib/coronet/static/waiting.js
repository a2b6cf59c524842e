// Shows what waits in the outbox: how many, each with its photograph, and why where the register refused it.

/** A function that shows the outbox's photographs in the section `root`; `onDiscard(key)` is for a refused one. */
export function waiting(root, { onDiscard, onRetry }) {
  const count = root.querySelector("[data-count]");
  const list = root.querySelector("ul");
  const pictures = [];
  root.querySelector("[data-retry]").addEventListener("click", onRetry);

  function item({ key, image, taken, refused }) {
    const entry = root.querySelector("template").content.cloneNode(true).firstElementChild;
    const address = URL.createObjectURL(image);
    pictures.push(address);
    entry.querySelector("img").src = address;
    entry.querySelector("time").textContent = new Date(taken).toLocaleTimeString(document.documentElement.lang);
    entry.querySelector("[data-why]").textContent = refused ?? "";
    const discard = entry.querySelector("button");
    discard.hidden = refused === undefined;
    discard.addEventListener("click", () => onDiscard(key));
    return entry;
  }

  return (photographs) => {
    pictures.splice(0).forEach(URL.revokeObjectURL);
    root.hidden = photographs.length === 0;
    count.textContent = photographs.length;
    list.replaceChildren(...photographs.map(item));
  };
}
