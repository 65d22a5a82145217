// What was seen: the words that carried a score, each picture with its blurred copy, boxes over both, the words in it, and known content.

import { element, find } from "./element.js";
import { MATCHES, REGIONS, inputName, percent } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function rectangle(box, className, label) {
  const { x0, y0, x1, y1 } = box;
  const node = svg("rect", { x: x0, y: y0, width: x1 - x0, height: y1 - y0, class: className });
  const title = svg("title", {});
  title.textContent = label;
  node.append(title);
  return node;
}

function regionLabel(region) {
  return `${REGIONS[region.kind] || region.kind}, ${percent(region.prob)}`;
}

// Boxes are fractions of the picture, so one drawing fits every size it is shown at.
function overlay(seen) {
  const node = svg("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
  node.append(
    ...seen.text_regions.map((line) => rectangle(line.box, "words", line.text)),
    ...seen.regions.map((region) => rectangle(region.box, region.kind, regionLabel(region))),
  );
  return node;
}

function pane(title, url, alt, seen) {
  const node = element("div", undefined, "pane");
  const stage = element("div", undefined, "stage");
  const image = element("img");
  image.alt = alt;
  image.addEventListener("error", () => {
    stage.replaceChildren(element("p", "This browser cannot show a picture of this format.", "hint"));
  });
  image.src = url;
  stage.append(image, overlay(seen));
  node.append(element("h4", title), stage);
  return node;
}

function originalPane(picture, seen) {
  const node = pane("Original", picture.url, `Original of ${picture.name}`, seen);
  const button = element("button", "Show original");
  button.type = "button";
  node.classList.add("veiled");
  button.addEventListener("click", () => {
    const isVeiled = node.classList.toggle("veiled");
    button.textContent = isVeiled ? "Show original" : "Hide original";
  });
  node.append(button);
  return node;
}

function listed(title, lines) {
  const list = element("ul");
  list.append(...lines.map(([className, line]) => element("li", line, className)));
  return [element("h4", title), list];
}

function wordsOf(seen) {
  if (seen.text_found && !seen.text_read)
    return [element("p", "There are words in it that could not be read in time: a person should look.", "hit")];
  if (!seen.text_regions.length) return [element("p", "No words were read in it.", "hint")];
  return listed("Words in it", seen.text_regions.map((line) => ["words", line.text]));
}

function regionsOf(seen) {
  if (!seen.regions.length) return [element("p", "No places in it were marked.", "hint")];
  return listed("Places in it", seen.regions.map((region) => [region.kind, regionLabel(region)]));
}

function figure(seen, picture, copies) {
  const node = element("figure");
  const copy = copies.find((entry) => entry.index === seen.index);
  const frames = seen.n_frames > 1 ? `, ${seen.n_frames} frames, of which some were looked at` : "";
  const panes = element("div", undefined, "panes");
  if (copy) panes.append(pane("Blurred copy", copy.url, `Blurred copy of ${picture.name}`, seen));
  panes.append(originalPane(picture, seen));
  node.append(
    element("figcaption", `${picture.name}: ${seen.format}, ${seen.width} × ${seen.height} pixels${frames}`),
    panes,
    ...regionsOf(seen),
    ...wordsOf(seen),
  );
  return node;
}

// The text with the words of one category marked. Positions count code points, not UTF-16 units.
function marked(text, spans) {
  const chars = [...text];
  const node = element("p", undefined, "posted");
  let end = 0;
  for (const span of spans) {
    const mark = element("mark", chars.slice(span.start, span.end).join(""));
    mark.title = `weight ${span.weight.toFixed(2)}`;
    node.append(chars.slice(end, span.start).join(""), mark);
    end = span.end;
  }
  node.append(chars.slice(end).join(""));
  return node;
}

function wordsByCategory(spans, text) {
  const categories = [...new Set(spans.map((span) => span.category))];
  return categories.flatMap((category) => [
    element("h4", category),
    marked(text, spans.filter((span) => span.category === category)),
  ]);
}

export function showEvidence(decision, pictures, text) {
  const { images = [], matches = [], spans = [] } = decision.evidence || {};
  find("words").hidden = !spans.length;
  find("marked").replaceChildren(...wordsByCategory(spans, text));
  const copies = decision.redacted_images || [];
  find("seen").hidden = !images.length;
  find("pictures").replaceChildren(...images.map((seen) => figure(seen, pictures[seen.index], copies)));
  find("known").hidden = !matches.length;
  find("matches").replaceChildren(
    ...matches.map((match) => element(
      "li",
      `${inputName(match.input, pictures)}: ${MATCHES[match.kind] || match.kind} as item ${match.item_id} ` +
        `of the bank ${match.bank}, at distance ${Number(match.distance.toFixed(3))}.`,
    )),
  );
}

export function openEvidence() {
  const boxes = find("boxes");
  boxes.addEventListener("change", () => find("pictures").classList.toggle("bare", !boxes.checked));
}
