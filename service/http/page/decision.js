// The decision: action, reasons, and a score or an explicit absence for every category.

import { element, find } from "./element.js";
import { showEvidence } from "./evidence.js";
import { ACTIONS, SOURCES, percent } from "./words.js";

function scoreRow(score, fired) {
  const row = element("tr");
  const name = element("th", score.category, fired.has(score.category) ? "hit" : "");
  name.scope = "row";
  row.append(name);
  if (score.status !== "scored") {
    const cell = element("td", "not applied", "absent");
    cell.colSpan = 3;
    row.append(cell);
    return row;
  }
  const meter = element("meter");
  meter.max = 1;
  meter.value = score.prob;
  meter.setAttribute("aria-label", score.category);
  const bar = element("td");
  bar.append(meter);
  row.append(element("td", percent(score.prob)), element("td", SOURCES[score.source] || score.source), bar);
  return row;
}

// What a rule rests on: a score, known content, a list, or the context alone.
function because(reason) {
  const subject = reason.category ? `${reason.category}: ` : "";
  if (reason.bank) return `${subject}known content of the bank ${reason.bank}`;
  if (reason.prob !== null) {
    return (
      `${subject}${percent(reason.prob)} reaches ${percent(reason.threshold)}, ` +
      `from ${SOURCES[reason.source] || reason.source}`
    );
  }
  return subject + (reason.list ? `on the list ${reason.list}` : `the rule ${reason.rule}`);
}

function reasonLine(reason) {
  return element("li", `${ACTIONS[reason.action] || reason.action}: ${because(reason)}. ${reason.message}`);
}

export function showDecision(decision, pictures, text) {
  const fired = new Set(decision.reasons.map((reason) => reason.category));
  const source = decision.decided_by ? `, because of ${SOURCES[decision.decided_by] || decision.decided_by}` : "";
  find("decision").textContent =
    (ACTIONS[decision.action] || decision.action) + source + (decision.review ? "; ask a person" : "");
  find("reasons").replaceChildren(...decision.reasons.map(reasonLine));
  find("scores").replaceChildren(...decision.scores.map((score) => scoreRow(score, fired)));
  showEvidence(decision, pictures, text);
  const bundles = decision.bundles.map((bundle) => `${bundle.name} ${bundle.version}`).join(", ");
  find("maker").textContent =
    `Policy ${decision.policy.name} (${decision.policy.version}), scored by ${bundles}. Decision ${decision.decision_id}.`;
  find("result").hidden = false;
  find("decision").focus();
}
