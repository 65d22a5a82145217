// The words that a person reads for the names on the wire.

export const ACTIONS = {
  allow: "Allow",
  label: "Label",
  blur: "Blur",
  "age-restrict": "Show to adults only",
  demote: "Show to fewer people",
  hold: "Hold until a person has decided",
  remove: "Remove",
};
export const SOURCES = {
  text: "the text",
  image: "the picture",
  image_text: "words in the picture",
  joint: "picture and words together",
  known_content: "known content",
};
export const REGIONS = { weapons: "weapon", fire: "fire", face: "face", plate: "number plate" };
export const BLURS = { face: "faces", plate: "number plates" };
export const MATCHES = {
  exact: "the very same",
  pdq: "nearly the same picture",
  near_text: "nearly the same text",
  image_embedding: "a similar picture",
  text_embedding: "a similar text",
};

export function percent(prob) {
  return `${(100 * prob).toFixed(1)} %`;
}

export function size(nBytes) {
  return nBytes < 1e6 ? `${Math.ceil(nBytes / 1024)} kB` : `${(nBytes / 2 ** 20).toFixed(1)} MB`;
}

// `images[0]` as the person knows it.
export function inputName(input, pictures) {
  const index = /^images\[(\d+)\]/.exec(input);
  if (!index) return "the text";
  const picture = pictures[index[1]];
  return `picture ${Number(index[1]) + 1}${picture ? ` (${picture.name})` : ""}`;
}

// A message of the server as a sentence that names pictures by their files.
export function sentence(message, pictures) {
  const named = message.replace(/^images\[\d+\]/, (input) => inputName(input, pictures));
  return named.charAt(0).toUpperCase() + named.slice(1) + (/[.!?]$/.test(named) ? "" : ".");
}
