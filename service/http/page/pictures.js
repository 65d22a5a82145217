// The pictures that a person has chosen, dropped or pasted: checked, shown small, and removable.

import { checkbox, element, find } from "./element.js";
import { BLURS, size } from "./words.js";

const TYPES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"]);
const FORMATS = "JPEG, PNG, GIF, WebP, BMP or TIFF";
const limits = find("form").dataset;
const maxImages = Number(limits.maxImages);
const maxBytes = Number(limits.maxImageBytes);

export const pictures = []; // { name, size, url }, url with all of the file's content

// Why a file cannot be taken, or nothing. Without a declared type, the server finds out.
function refusal(file) {
  if (!maxImages) return "no loaded model looks at pictures";
  if (file.type && !TYPES.has(file.type)) return `this is not a ${FORMATS}`;
  if (!file.size) return "the file is empty";
  if (file.size > maxBytes) return `${size(file.size)} is more than the ${size(maxBytes)} that this server takes`;
  if (pictures.length >= maxImages) return `this server takes at most ${maxImages} pictures at a time`;
  return null;
}

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.replace(/^data:(?!image\/)[^,]*,/, "data:image/unknown;base64,"));
    reader.onerror = reject;
    reader.readAsDataURL(file);
  });
}

function remove(picture) {
  const index = pictures.indexOf(picture);
  pictures.splice(index, 1);
  show();
  const next = find("chosen").querySelectorAll("button")[Math.min(index, pictures.length - 1)];
  (next || find("files")).focus();
}

function thumbnail(picture) {
  const item = element("li");
  const image = element("img");
  image.src = picture.url;
  image.alt = "";
  const button = element("button", "Remove");
  button.type = "button";
  button.setAttribute("aria-label", `Remove ${picture.name}`);
  button.addEventListener("click", () => remove(picture));
  item.append(image, element("span", `${picture.name}, ${size(picture.size)}`), button);
  return item;
}

function show() {
  find("chosen").replaceChildren(...pictures.map(thumbnail));
}

async function add(files) {
  const refused = [];
  for (const file of files) {
    const name = file.name || "picture";
    const url = refusal(file) ? null : await read(file).catch(() => null);
    const problem = refusal(file) || (url ? null : "the file cannot be read"); // again: others came while it was read
    if (problem) refused.push(`${name}: ${problem}.`);
    else pictures.push({ name, size: file.size, url });
  }
  find("refused").replaceChildren(...refused.map((line) => element("li", line)));
  show();
}

function takeDrops(drop) {
  const carriesFiles = (event) => event.dataTransfer && event.dataTransfer.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.classList.remove("over");
    add([...event.dataTransfer.files]);
  });
}

// What the answer's copies are to have blurred.
export function wantedBlurs() {
  return ["harm", ...[...find("blurs").querySelectorAll("input:checked")].map((box) => box.value)];
}

export function openPictures() {
  if (!maxImages) return;
  const files = find("files");
  find("drop").hidden = false;
  files.accept = [...TYPES].join();
  find("limits").textContent =
    `Or drop or paste them here: ${FORMATS}, at most ${maxImages} of up to ${size(maxBytes)} each.`;
  const blurs = limits.blurs.split(" ").filter((kind) => kind in BLURS);
  find("blurs").hidden = !blurs.length;
  find("blurs").append(...blurs.map((kind) => checkbox(BLURS[kind], kind)));
  files.addEventListener("change", async () => {
    await add([...files.files]);
    files.value = "";
  });
  takeDrops(find("drop"));
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) {
      event.preventDefault();
      add([...event.clipboardData.files]);
    }
  });
}
