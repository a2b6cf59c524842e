// The page at the gate: a photograph is sent as soon as it is taken, and the answer is shown on the same page.

import { Messages } from "./messages.js";
import * as outbox from "./outbox.js";
import { shrink } from "./photograph.js";
import { Recent } from "./recent.js";
import { RecordForm } from "./record.js";
import { sender } from "./sender.js";
import { waiting } from "./waiting.js";

const form = document.querySelector("[data-gate]");
const part = Object.fromEntries([...form.querySelectorAll("[data-gate-part]")].map((each) => [each.dataset.gatePart, each]));
const camera = form.elements.imagen;

let awaited = null; // the key of the photograph whose answer somebody waits for

const messages = new Messages(part);
const recent = new Recent(part.recent, { onChoose: choose });
const current = new RecordForm(form, {
  answer: part.answer,
  discardButton: part.discard,
  typeButton: part.type,
  messages,
  onChange: changed,
});
const showWaiting = waiting(part.outbox, { onDiscard: drop, onRetry: retry });
const send = sender({
  onProgress: ({ key }, share) => concerns(key) && messages.sent(share),
  onSaved: arrived,
  onRefused: refused,
  onWaiting: postponed,
});

if (await outbox.all().catch(() => null)) start(); // else the form stays as it is, and works

function start() {
  form.dataset.live = "";
  camera.required = false;
  for (const input of [camera, part.gallery]) input.addEventListener("change", () => take(input));
  form.addEventListener("submit", submit);
  showOutbox();
  if (camera.files.length) take(camera); // somebody was faster than this script
  else send();
}

/** Whether what happens to this photograph is what the page is about: not where somebody is at another record. */
const concerns = (key) => (awaited ? key === awaited : !current.record);

async function take(input) {
  const files = [...input.files];
  const fields = current.record ? { completar: "1" } : current.typed;
  current.clear();
  recent.show();
  for (const file of files) await keep(file, fields);
  input.value = "";
  send();
}

async function keep(file, fields) {
  messages.picture(file);
  messages.say("preparing");
  const taken = Date.now();
  const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
  try {
    await outbox.put({ key, image: await shrink(file), fields, taken });
    awaited = key;
  } catch (error) {
    messages.fail(error, "full");
  }
}

async function arrived({ key }, record) {
  recent.add(record);
  const shows = concerns(key);
  if (key === awaited) awaited = null;
  await showOutbox();
  if (shows) await showAnswer(record);
  else recent.show(current.record?.id);
}

async function showAnswer(record) {
  current.show(record);
  messages.say("saved", current.answer.summary);
  recent.show(record.id);
  await current.save();
}

async function refused(photograph, error) {
  if (photograph.key === awaited) awaited = null;
  messages.fail(error, "refused");
  await showOutbox();
}

async function postponed(error) {
  awaited = null;
  messages.say(error.needsLogin ? "login" : error.status ? "busy" : "offline");
  await showOutbox();
}

function choose(record) {
  current.clear();
  current.show(record);
  messages.quiet();
  recent.show(record.id);
  current.answer.focus();
}

function changed(id, record) {
  recent.change(id, record);
  recent.show(current.record?.id);
  if (!current.record) camera.focus();
}

async function submit(event) {
  event.preventDefault();
  if (current.record) await current.save();
  else camera.focus();
}

async function drop(key) {
  await outbox.remove(key);
  messages.quiet();
  await showOutbox();
  camera.focus();
}

async function retry() {
  for (const { refused, ...photograph } of await outbox.all()) await outbox.put(photograph);
  send();
}

/** Show what waits, but for the photograph that is on its way. */
async function showOutbox() {
  showWaiting((await outbox.all()).filter(({ key }) => key !== awaited));
}
