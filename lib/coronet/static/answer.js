// Shows a record as the register answered it: its plate, how certain, what else it may be, and what is known of it.

const NOT_READ = "NO_DETECTADA";
const MOST_CANDIDATES = 4;
const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

/** `{words, share}`: how sure the plate is, as a key of the certainty's texts, and the reader's share of it or null. */
export function certainty({ matricula, lectura, revisar }) {
  if (matricula === NOT_READ) return { words: "unread", share: null };
  if (lectura?.texto !== matricula) return { words: "typed", share: null };
  return { words: revisar ? "doubtful" : "certain", share: lectura.confianza };
}

/** The section `root` of the page; `onPlate(text)` is called where another plate is taken. */
export class Answer {
  constructor(root, { onPlate }) {
    this.root = root;
    this.onPlate = onPlate;
    this.parts = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  }

  hide() {
    this.root.hidden = true;
  }

  show(record) {
    const { plate, cutout, photograph } = this.parts;
    plate.textContent = record.matricula;
    plate.classList.toggle("unread", record.matricula === NOT_READ);
    picture(cutout, record.placa);
    picture(photograph, record.miniatura);
    this.showCertainty(record);
    this.showCandidates(record);
    this.showRepeated(record);
    this.showVehicle(record.vehiculo);
    this.root.hidden = false;
  }

  /** What a screen reader says of the record that is shown. */
  get summary() {
    const { plate, words, vehicle, known } = this.parts;
    return `${plate.textContent}: ${words.textContent}. ${vehicle.hidden ? "" : known.textContent}`.trim();
  }

  focus() {
    this.parts.plate.focus();
  }

  showCertainty(record) {
    const { words, meter } = this.parts;
    const sure = certainty(record);
    words.textContent = words.dataset[sure.words] + (sure.share === null ? "" : ` (${percent.format(sure.share)})`);
    words.dataset.sure = sure.words;
    meter.hidden = sure.share === null;
    meter.value = sure.share ?? 0;
  }

  showCandidates({ matricula, lectura }) {
    const read = lectura ? [lectura, ...lectura.candidatos] : [];
    const others = [...new Set(read.map(({ texto }) => texto))].filter((text) => text !== matricula);
    this.parts.candidates.replaceChildren(...others.slice(0, MOST_CANDIDATES).map((text) => this.candidate(text)));
  }

  candidate(text) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plate";
    button.textContent = text;
    button.addEventListener("click", () => this.onPlate(text));
    return button;
  }

  showRepeated({ repetido }) {
    this.parts.repeated.hidden = !repetido;
    this.parts.before.textContent = repetido?.fecha_hora.slice(11) ?? "";
  }

  showVehicle(vehicle) {
    this.parts.vehicle.hidden = !vehicle;
    this.parts.visits.textContent = vehicle?.visitas ?? "";
    this.parts.last.textContent = vehicle?.ultima_visita.slice(0, 16) ?? "";
    this.parts.owner.textContent = vehicle?.propietario || "—";
    this.parts.type.textContent = vehicle?.tipo_vehiculo || "—";
  }
}

function picture(image, address) {
  image.hidden = !address;
  if (address) image.src = address;
  else image.removeAttribute("src");
}
