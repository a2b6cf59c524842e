// Photographs on their way to the register: this browser keeps them, through reloads, until the register has them.
// One is {key, image, fields, taken, refused}: its Idempotency-Key, a Blob, the form's texts, when it was taken in
// milliseconds, and why the register will not have it (absent while it may yet).

const STORE = "photographs";

const database = new Promise((resolve, reject) => {
  const request = indexedDB.open("coronet", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** Keep a photograph, or what has changed of it; resolves once it is on the disk. */
export const put = (photograph) => transact("readwrite", (store) => store.put(photograph));

export const remove = (key) => transact("readwrite", (store) => store.delete(key));

/** Every photograph that is kept, oldest first. */
export async function all() {
  const photographs = await transact("readonly", (store) => store.getAll());
  return photographs.sort((one, other) => one.taken - other.taken);
}

async function transact(mode, act) {
  const transaction = (await database).transaction(STORE, mode, { durability: "strict" });
  const request = act(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}
