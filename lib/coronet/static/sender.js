// Sends what is in the outbox, oldest first and one at a time, until it is empty; tries again by itself.

import { Refused, renew, save } from "./client.js";
import * as outbox from "./outbox.js";

const RETRY_SECONDS = [3, 6, 15, 30, 60];

// One tab sends. Where there are no locks, the Idempotency-Key still makes two sendings one record.
const alone = (work) => (navigator.locks ? navigator.locks.request("coronet-outbox", work) : work());

/**
 * A function that sends what waits. It tells `onProgress(photograph, share)`, `onSaved(photograph, record)`,
 * `onRefused(photograph, error)` for one that is not tried again by itself, and `onWaiting(error)` where the rest
 * has to wait.
 */
export function sender({ onProgress, onSaved, onRefused, onWaiting }) {
  let line = Promise.resolve();
  let failures = 0;
  let timer;

  async function deliver(photograph) {
    const attempt = () => save(photograph, (share) => onProgress(photograph, share));
    try {
      return await attempt();
    } catch (error) {
      if (!error.mayBeStale) throw error;
      await renew();
      return attempt();
    }
  }

  async function settle(photograph) {
    onProgress(photograph, 0);
    try {
      const record = await deliver(photograph);
      await outbox.remove(photograph.key);
      onSaved(photograph, record);
    } catch (error) {
      if (!(error instanceof Refused && error.isFinal)) throw error;
      const refused = { ...photograph, refused: error.message };
      await outbox.put(refused);
      onRefused(refused, error);
    }
    failures = 0;
  }

  async function drain() {
    clearTimeout(timer);
    const next = async () => (await outbox.all()).find((photograph) => photograph.refused === undefined);
    try {
      for (let photograph; (photograph = await next()); ) await settle(photograph);
    } catch (error) {
      timer = setTimeout(send, RETRY_SECONDS[Math.min(failures++, RETRY_SECONDS.length - 1)] * 1000);
      onWaiting(error);
    }
  }

  const send = () => (line = line.then(() => alone(drain)));
  addEventListener("online", send);
  document.addEventListener("visibilitychange", () => document.hidden || send());
  return send;
}
