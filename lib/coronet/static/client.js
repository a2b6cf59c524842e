// The register, as this page asks it: JSON both ways, and errors that say in words what the register said.

const SECONDS = 60;
const OLDEST_SECONDS = 30 * 24 * 3600;
const MAY_YET = [401, 408, 425, 429];

/** The register answered, and it was no. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? "");
    this.status = status;
  }

  /** Whether asking again cannot help. */
  get isFinal() {
    return this.status >= 400 && this.status < 500 && !MAY_YET.includes(this.status);
  }

  get needsLogin() {
    return this.status === 401;
  }

  /** Whether the session's token may be what was missing. */
  get mayBeStale() {
    return this.status === 401 || this.status === 403;
  }
}

/** Save a photograph of the outbox and resolve to its record; `onProgress` gets the share that is sent, 0 to 1. */
export function save({ key, image, fields, taken }, onProgress) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  body.set("imagen", image, "foto.jpg");
  const age = Math.round((Date.now() - taken) / 1000);
  if (age > 0) body.set("hace_segundos", Math.min(age, OLDEST_SECONDS));
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much is sent
    request.open("POST", "/guardar");
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.setRequestHeader("Idempotency-Key", key);
    request.responseType = "json";
    request.timeout = SECONDS * 1000;
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () =>
      request.status === 201 ? resolve(request.response) : reject(new Refused(request.status, request.response));
    request.onerror = request.ontimeout = () => reject(new Error("no answer"));
    request.send(body);
  });
}

/** Correct a record by the CSV's column names, and resolve to it. */
export const correct = (id, changes) => ask("PATCH", `/registros/${id}`, changes);

export const discard = (id) => ask("DELETE", `/registros/${id}`);

/** Take over a fresh page's token, where this one was opened before the session or came from the shell. */
export async function renew() {
  const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
  const fresh = page.querySelector("meta[name=csrf-token]");
  if (!fresh) return;
  document.querySelector("meta[name=csrf-token]")?.remove();
  document.head.append(fresh);
}

async function ask(method, path, content) {
  const body = content && JSON.stringify(content);
  const type = body && { "Content-Type": "application/json" };
  const answer = await fetch(path, { method, body, headers: { ...headers(), ...type } });
  const problemOrRecord = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Refused(answer.status, problemOrRecord);
  return problemOrRecord;
}

function headers() {
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  return { Accept: "application/json", ...(token && { "X-CSRF-Token": token }) };
}
