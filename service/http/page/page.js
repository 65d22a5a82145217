// The page: one item in, one decision or one sentence out.

import { showDecision } from "./decision.js";
import { find } from "./element.js";
import { openEvidence } from "./evidence.js";
import { heedKeys, keyHeaders, openKey } from "./key.js";
import { openPictures, pictures, wantedBlurs } from "./pictures.js";
import { sentence } from "./words.js";

const form = find("form");
const text = find("text");
const button = form.querySelector("button[type=submit]");
const status = find("status");

function item(given) {
  if (!given.length) return { text: text.value, evidence: true };
  const images = given.map((picture) => ({ url: picture.url }));
  return { text: text.value, images, redact: wantedBlurs(), evidence: true };
}

// A decision, or a message why there is none.
async function ask(given) {
  let response;
  try {
    response = await fetch("v1/decisions", {
      method: "POST",
      headers: { "content-type": "application/json", ...keyHeaders() },
      body: JSON.stringify({ items: [item(given)] }),
    });
  } catch {
    return { message: "the server does not answer" };
  }
  heedKeys(response);
  try {
    const answer = await response.json();
    return answer.results ? answer.results[0] : answer.error;
  } catch {
    return { message: `something between this page and the server answered with status ${response.status}` };
  }
}

async function decide() {
  const given = [...pictures];
  const posted = text.value;
  find("result").hidden = true;
  if (!text.value && !given.length) {
    status.textContent = "No decision: there is neither a text nor a picture.";
    return;
  }
  button.disabled = true;
  status.textContent = given.length ? "Looking, reading and deciding…" : "Deciding…";
  const outcome = await ask(given);
  button.disabled = false;
  if (outcome.outcome === "decided") {
    status.textContent = "";
    showDecision(outcome, given, posted);
  } else {
    status.textContent = `No decision: ${sentence(outcome.message, given)}`;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!button.disabled) decide();
});
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
openKey();
openPictures();
openEvidence();
