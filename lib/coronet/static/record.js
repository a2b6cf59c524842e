// The record that the page shows: its texts are saved as they change, and another plate is taken with one tap.

import { Answer } from "./answer.js";
import { correct, discard } from "./client.js";

const TEXTS = ["propietario", "tipo_vehiculo", "observacion"];
const OF_THE_VEHICLE = ["propietario", "tipo_vehiculo"];
const NOTHING = Object.fromEntries(TEXTS.map((name) => [name, ""]));

/** The form's fields; `onChange(id, record)` tells what a record has become, null where it is discarded. */
export class RecordForm {
  constructor(form, { answer, discardButton, typeButton, messages, onChange }) {
    Object.assign(this, { form, messages, onChange, record: null });
    this.answer = new Answer(answer, { onPlate: (text) => this.take(text) });
    this.plate = form.elements.matricula;
    discardButton.addEventListener("click", () => this.discard());
    typeButton.addEventListener("click", () => this.type());
    for (const name of TEXTS) form.elements[name].addEventListener("change", () => this.save());
  }

  /** What was typed for the photograph that is taken next. */
  get typed() {
    const values = ["completar", "matricula", ...TEXTS].map((name) => [name, this.form.elements[name].value.trim()]);
    return Object.fromEntries(values.filter(([, value]) => value));
  }

  /** Show the record, or what it has become. What was typed meanwhile stays, for `save`. */
  show(record) {
    const before = this.record ?? NOTHING;
    for (const name of TEXTS) {
      const field = this.form.elements[name];
      if (field.value === before[name]) field.value = record[name];
    }
    this.record = record;
    this.form.dataset.shows = record.id;
    this.answer.show(record);
  }

  clear() {
    this.record = null;
    delete this.form.dataset.shows;
    this.answer.hide();
    for (const name of ["matricula", ...TEXTS]) this.form.elements[name].value = "";
  }

  /** Save what was typed, the plate too where one was. */
  async save() {
    if (!this.record) return;
    const texts = TEXTS.filter((name) => this.form.elements[name].value !== this.record[name]);
    if (texts.length) await this.correct(Object.fromEntries(texts.map((name) => [name, this.form.elements[name].value])));
    if (this.plate.value.trim()) await this.take(this.plate.value);
  }

  /** Correct the record and show what it has become, which is returned; null where that failed. */
  async correct(changes) {
    const { id } = this.record;
    try {
      const record = await correct(id, changes);
      if (this.record?.id === id) this.show(record);
      this.messages.say("corrected", this.answer.summary);
      this.onChange(id, record);
      return record;
    } catch (error) {
      this.messages.fail(error, "unreachable");
      return null;
    }
  }

  /** Take another plate; what was filled in from the wrong vehicle gives way to what is known of the right one. */
  async take(plate) {
    const before = this.record;
    const after = await this.correct({ matricula: plate });
    if (!after) return;
    this.plate.value = "";
    const known = ({ vehiculo }, name) => vehiculo?.[name] ?? "";
    const stale = OF_THE_VEHICLE.filter((name) => before[name] === known(before, name) && after[name] !== known(after, name));
    if (stale.length) await this.correct(Object.fromEntries(stale.map((name) => [name, known(after, name)])));
    this.answer.focus();
  }

  type() {
    this.plate.closest("details").open = true;
    this.plate.focus();
  }

  async discard() {
    const { id } = this.record;
    try {
      await discard(id);
    } catch (error) {
      this.messages.fail(error, "unreachable");
      return;
    }
    this.clear();
    this.messages.say("discarded");
    this.onChange(id, null);
  }
}
