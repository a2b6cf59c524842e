// What is going on, said on the page and to screen readers.

const WITH_PICTURE = ["preparing", "sending", "reading"];

/** Messages in the given parts of the page; the texts are in their data attributes, by the names used here. */
export class Messages {
  constructor({ phase, progress, preview, failure, login }) {
    Object.assign(this, { phase, progress, preview, failure, login });
  }

  say(name, about = "") {
    this.phase.textContent = `${this.phase.dataset[name]} ${about}`.trim();
    this.phase.dataset.now = name;
    this.preview.hidden = !WITH_PICTURE.includes(name);
    this.progress.hidden = this.preview.hidden;
    this.login.hidden = name !== "login";
    this.failure.hidden = true;
  }

  /** Show the photograph that the next phases are about. */
  picture(file) {
    URL.revokeObjectURL(this.preview.src);
    this.preview.src = URL.createObjectURL(file);
  }

  /** The share of the photograph that is sent, 0 to 1; when all of it is, it is being read. */
  sent(share) {
    this.say(share < 1 ? "sending" : "reading");
    if (share < 1) this.progress.value = share;
    else this.progress.removeAttribute("value");
  }

  /** Say what an error means: in the register's words, or by the name of one of the texts. */
  fail(error, otherwise) {
    this.quiet();
    this.failure.textContent = (error?.status && error.message) || this.failure.dataset[otherwise];
    this.failure.hidden = false;
  }

  quiet() {
    this.phase.textContent = "";
    delete this.phase.dataset.now;
    for (const part of [this.preview, this.progress, this.failure, this.login]) part.hidden = true;
  }
}
