"use strict";

const form = document.getElementById("form");
const text = document.getElementById("text");
const button = form.querySelector("button");
const status = document.getElementById("status");
const result = document.getElementById("result");

const WORDS = { allow: "Allow", label: "Label", demote: "Show to fewer people", remove: "Remove" };

function element(tag, content, className) {
  const node = document.createElement(tag);
  if (content !== undefined) node.textContent = content;
  if (className) node.className = className;
  return node;
}

function scoreRow(score, fired) {
  const row = element("tr");
  const name = element("th", score.category, fired.has(score.category) ? "hit" : "");
  name.scope = "row";
  row.append(name);
  if (score.status === "scored") {
    row.append(element("td", `${(100 * score.prob).toFixed(1)} %`));
    const cell = element("td");
    const meter = element("meter");
    meter.max = 1;
    meter.value = score.prob;
    meter.setAttribute("aria-label", score.category);
    cell.append(meter);
    row.append(cell);
  } else {
    const cell = element("td", "not scored by any loaded model", "absent");
    cell.colSpan = 2;
    row.append(cell);
  }
  return row;
}

function showDecision(decision) {
  const fired = new Set(decision.reasons.map((reason) => reason.category));
  document.getElementById("decision").textContent =
    WORDS[decision.action] + (decision.review ? ", and ask a person" : "");
  document.getElementById("reasons").replaceChildren(
    ...decision.reasons.map((reason) => element(
      "li",
      `${reason.category}: ${(100 * reason.prob).toFixed(1)} % reaches ${(100 * reason.threshold).toFixed(1)} %. ${reason.message}`,
    )),
  );
  document.getElementById("scores").replaceChildren(...decision.scores.map((score) => scoreRow(score, fired)));
  const bundles = decision.bundles.map((bundle) => `${bundle.name} ${bundle.version}`).join(", ");
  document.getElementById("maker").textContent =
    `Policy ${decision.policy.name} (${decision.policy.version}), scored by ${bundles}. Decision ${decision.decision_id}.`;
  result.hidden = false;
  document.getElementById("decision").focus();
}

async function decide() {
  button.disabled = true;
  result.hidden = true;
  status.textContent = "Deciding…";
  try {
    const response = await fetch("v1/decisions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ items: [{ text: text.value }] }),
    });
    const answer = await response.json();
    const outcome = answer.results ? answer.results[0] : null;
    if (outcome && outcome.outcome === "decided") {
      status.textContent = "";
      showDecision(outcome);
    } else {
      status.textContent = `No decision: ${outcome ? outcome.message : answer.error.message}.`;
    }
  } catch {
    status.textContent = "No decision: the server does not answer.";
  } finally {
    button.disabled = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  decide();
});
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
