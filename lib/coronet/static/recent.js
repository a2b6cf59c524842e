// The last records that this page saved, to go back to with one tap.

const MOST = 5;

export class Recent {
  constructor(root, { onChoose }) {
    Object.assign(this, { root, onChoose, records: [] });
  }

  add(record) {
    this.records = [record, ...this.records].slice(0, MOST);
  }

  /** Put what a record has become in its place; null takes it out. */
  change(id, record) {
    this.records = this.records.flatMap((each) => (each.id !== id ? [each] : record ? [record] : []));
  }

  /** Show all but the record of that id, which the page shows itself. */
  show(except) {
    const entries = this.records.filter(({ id }) => id !== except).map((record) => this.entry(record));
    this.root.hidden = entries.length === 0;
    this.root.querySelector("ol").replaceChildren(...entries);
  }

  entry(record) {
    const entry = this.root.querySelector("template").content.cloneNode(true).firstElementChild;
    const button = entry.querySelector("button");
    button.textContent = record.matricula;
    button.addEventListener("click", () => this.onChoose(record));
    entry.querySelector("time").textContent = record.fecha_hora.slice(11);
    entry.querySelector("[data-review]").hidden = !record.revisar;
    return entry;
  }
}
