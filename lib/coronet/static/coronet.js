// Betters what already works without it: the photograph's preview, and a busy button while the plate is read.
for (const form of document.querySelectorAll("[data-upload]")) {
  const photograph = form.elements.imagen;
  const preview = form.querySelector("[data-preview]");
  const hint = form.querySelector("[data-hint]");

  photograph.addEventListener("change", () => {
    const [file] = photograph.files;
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.hidden = !file;
    hint.hidden = Boolean(file);
    if (file) preview.src = URL.createObjectURL(file);
  });
  preview.addEventListener("error", () => { preview.hidden = true; hint.hidden = false; }); // HEIC, in most browsers

  form.addEventListener("submit", () => {
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    button.textContent = button.dataset.busy;
    form.querySelector("progress").hidden = false;
  });
}
