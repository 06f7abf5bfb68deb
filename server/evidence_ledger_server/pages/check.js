// Computes the fingerprints of original files in the browser, so that the files are not sent.
// Without it the forms work too, and send the files. It sends nothing itself and stores nothing.

const CHUNK = 4 * 1024 * 1024;

const roots = (count, power) => {
  // The first 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4, 4.2.2).
  const found = new Int32Array(count);
  for (let number = 2, at = 0; at < count; number++) {
    let prime = true;
    for (let by = 2; by * by <= number; by++) if (number % by === 0) prime = false;
    if (prime) found[at++] = ((number ** power) % 1) * 0x100000000;
  }
  return found;
};
const CONSTANTS = roots(64, 1 / 3);
const START = roots(8, 1 / 2);

export class Sha256 {
  #state = START.slice();
  #block = new Uint8Array(64);
  #words = new Int32Array(64);
  #used = 0;
  #size = 0;

  /** Takes the next bytes (a Uint8Array). */
  update(bytes) {
    this.#size += bytes.length;
    let at = 0;
    if (this.#used > 0) {
      at = Math.min(64 - this.#used, bytes.length);
      this.#block.set(bytes.subarray(0, at), this.#used);
      this.#used += at;
      if (this.#used < 64) return;
      this.#compress(this.#block, 0);
      this.#used = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) this.#compress(bytes, at);
    this.#block.set(bytes.subarray(at), 0);
    this.#used = bytes.length - at;
  }

  /** The digest of all bytes taken, in hexadecimal. Ask once. */
  hex() {
    const size = this.#size;
    const tail = new Uint8Array(this.#used < 56 ? 64 - this.#used : 128 - this.#used);
    tail[0] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - 8, Math.floor(size / 0x20000000));
    view.setUint32(tail.length - 4, (size << 3) >>> 0);
    this.update(tail);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #compress(bytes, at) {
    const w = this.#words;
    for (let i = 0, j = at; i < 16; i++, j += 4) {
      w[i] = (bytes[j] << 24) | (bytes[j + 1] << 16) | (bytes[j + 2] << 8) | bytes[j + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    const state = this.#state;
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + CONSTANTS[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0;
      d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }
}

/** The SHA-256 of a File, in hexadecimal, read in pieces. */
export async function sha256(file, tell) {
  const hash = new Sha256();
  for (let at = 0; at < file.size; at += CHUNK) {
    tell(Math.floor((100 * at) / file.size));
    hash.update(new Uint8Array(await file.slice(at, at + CHUNK).arrayBuffer()));
  }
  return hash.hex();
}

const KEPT =
  "These files stay on this computer: the browser computes their SHA-256, and only that and " +
  "the files’ names are sent.";
const SENT = "These files are sent to this server, hashed while they arrive, and kept nowhere.";
const LEAVES =
  "Of the original files the SHA-256 and the name alone, computed in this browser, unless you " +
  "choose to send the files themselves.";

/** One form: digests are sent in place of what lies in its field for original files. */
function prepare(form) {
  const field = form.querySelector("input[data-hashed]");
  const note = document.getElementById(field.getAttribute("aria-describedby"));
  const button = form.querySelector("button");
  const progress = form.querySelector("[role=status]");
  const whole = choice(field);
  const digests = Object.assign(document.createElement("input"), {
    type: "file", name: "digest", multiple: true, hidden: true, disabled: true,
  });
  field.after(digests);
  field.closest(".field").append(whole.parentElement);

  const show = () => { note.textContent = whole.checked ? SENT : KEPT; };
  const reset = () => {
    field.disabled = button.disabled = false;
    digests.disabled = true;
    progress.textContent = "";
    show();
  };
  whole.addEventListener("change", show);
  window.addEventListener("pageshow", reset);
  reset();

  form.addEventListener("submit", async (event) => {
    if (whole.checked || field.files.length === 0) return;
    event.preventDefault();
    button.disabled = true;
    try {
      digests.files = await hashed(field.files, (text) => { progress.textContent = text; });
    } catch (error) {
      reset();
      progress.textContent = error.message;
      return;
    }
    field.disabled = true;
    digests.disabled = false;
    progress.textContent = "Sending …";
    form.submit();
  });
}

function choice(field) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox" });
  box.id = `${field.id}-whole`;
  const label = document.createElement("label");
  label.className = "choice";
  label.append(box, " Send the files themselves");
  return box;
}

/** Small files that hold the digests, each with the name of the file that it is of. */
async function hashed(files, tell) {
  const held = new DataTransfer();
  for (const file of files) {
    try {
      const hex = await sha256(file, (percent) => tell(`Hashing ${file.name}: ${percent} %`));
      held.items.add(new File([`sha256:${hex}`], file.name, { type: "text/plain" }));
    } catch {
      throw new Error(`${file.name} can’t be read.`);
    }
  }
  return held.files;
}

function canHold() {
  try {
    return new DataTransfer().items !== undefined;
  } catch {
    return false;
  }
}

if (typeof document !== "undefined" && canHold()) {
  const forms = [...document.forms].filter((form) => form.querySelector("input[data-hashed]"));
  forms.forEach(prepare);
  document.getElementById("leaves").textContent = LEAVES;
}
