"""A statement of reasons: what one restricting decision is in the words of the Transparency Database.

A statement holds no content, nobody's name and no number that stands for a person: its identifier is the decision's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from models.contracts import DEFINITIONS, Action, Category
from service.accountability.dsa.mapping import BLURRED, CATEGORIES, NO_CATEGORY, VISIBILITIES
from service.accountability.dsa.platform import CategoryTerms, Platform
from service.accountability.dsa.vocabulary import (
    AUTOMATED_DECISIONS,
    GROUNDS,
    KEYWORD_OTHER,
    LANGUAGES,
    MAX_EXPLANATION,
    MAX_FACTS,
)

Statement = dict[str, Any]
FULLY, PARTIALLY, NOT_AUTOMATED = AUTOMATED_DECISIONS
ILLEGAL, INCOMPATIBLE = GROUNDS
_NO_TERMS: Final = CategoryTerms()
_MODALITIES: Final = {"text": "CONTENT_TYPE_TEXT", "image": "CONTENT_TYPE_IMAGE"}


@dataclass(frozen=True, slots=True)
class Human:
    """What a person did to a decision.

    Attributes:
        action: what stands since.
        changed: the person did otherwise than the machine; else they confirmed it.
        at_us: when.

    """

    action: Action
    changed: bool
    at_us: int


class StatementWriter:
    """Turns decisions into statements."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._countries = platform.countries

    def restricts(self, action: Action) -> bool:
        """Whether an action needs a statement."""
        return action is not Action.ALLOW and (action is not Action.LABEL or self._platform.report_labels)

    def write(self, row: Mapping[str, Any], policy: str, human: Human | None) -> Statement | None:
        """The statement; None when the decision restricts nothing, or a person has lifted the restriction.

        Args:
            row: of `decisions`.
            policy: name and version of the policy that decided.
            human: None while nobody has looked at it.

        """
        action = human.action if human else Action(row["action"])
        if not self.restricts(action):
            return None
        context = orjson.loads(row["context"]) if row["context"] else {}
        reasons = orjson.loads(row["reasons"]) if row["reasons"] else []
        categories = _categories(reasons)
        is_reported = context.get("user_reports", 0) > 0
        statement: Statement = {
            "decision_visibility": [VISIBILITIES[action]],
            **({"decision_visibility_other": BLURRED} if action is Action.BLUR else {}),
            **self._ground(categories[0] if categories else None),
            "content_type": self._content_types(row, context),
            **self._filed(categories),
            "territorial_scope": self._countries,
            **self._language(context),
            "content_date": _date(row["decided_at_us"]),
            "application_date": _date(human.at_us if human and human.changed else row["decided_at_us"]),
            "decision_facts": _facts(row, reasons, policy, human, is_reported=is_reported)[:MAX_FACTS],
            "source_type": self._platform.source_when_reported if is_reported else "SOURCE_VOLUNTARY",
            "automated_detection": "No" if is_reported else "Yes",
            "automated_decision": _automation(human),
            "puid": row["decision_id"],
        }
        return statement

    def _terms(self, category: Category | None) -> CategoryTerms:
        return _NO_TERMS if category is None else self._platform.categories.get(category, _NO_TERMS)

    def _ground(self, category: Category | None) -> Statement:
        terms = self._terms(category)
        explanation = (terms.explanation or _explanation(category))[:MAX_EXPLANATION]
        url = self._platform.reference_url
        reference: Statement = {} if url is None else {"decision_ground_reference_url": url}
        if terms.legal_ground is not None:
            return {
                "decision_ground": ILLEGAL,
                **reference,
                "illegal_content_legal_ground": terms.legal_ground,
                "illegal_content_explanation": explanation,
            }
        return {
            "decision_ground": INCOMPATIBLE,
            **reference,
            "incompatible_content_ground": terms.contractual_ground or self._platform.contractual_ground,
            "incompatible_content_explanation": explanation,
        }

    def _filed(self, categories: Sequence[Category]) -> Statement:
        """The category of the first reason; further categories and all keywords beside it."""
        places: list[str] = []
        keywords: list[str] = []
        words: list[str] = []
        for category in categories or (None,):
            filed = CATEGORIES[category] if category else NO_CATEGORY
            terms = self._terms(category)
            place = terms.category or filed.statement_category
            if place not in places:
                places.append(place)
            for keyword in terms.keywords or (filed.keywords if terms.category is None else ()):
                if keyword not in keywords:
                    keywords.append(keyword)
            if filed.other and terms.category is None:
                words.append(filed.other)
        statement: Statement = {"category": places[0]}
        if places[1:]:
            statement["category_addition"] = places[1:]
        if keywords:
            statement["category_specification"] = keywords
        if KEYWORD_OTHER in keywords and words:
            statement["category_specification_other"] = "; ".join(words)
        return statement

    def _content_types(self, row: Mapping[str, Any], context: Mapping[str, Any]) -> list[str]:
        found = {_MODALITIES[modality] for modality in row["modalities"].split(",") if modality in _MODALITIES}
        found.update(self._platform.content_types.get(context.get("kind") or "", ()))
        return sorted(found) or ["CONTENT_TYPE_TEXT"]

    def _language(self, context: Mapping[str, Any]) -> Statement:
        said = str(context.get("locale") or "").partition("-")[0].upper()
        language = said if said in LANGUAGES else self._platform.default_language
        return {} if language is None else {"content_language": language}


def _categories(reasons: Sequence[Mapping[str, Any]]) -> list[Category]:
    """Of the reasons that ask for the strictest action, in their order: those that the restriction rests on."""
    if not reasons:
        return []
    strictest = max(Action(reason["action"]).strictness for reason in reasons)
    found = [
        Category(reason["category"])
        for reason in reasons
        if reason.get("category") and Action(reason["action"]).strictness == strictest
    ]
    return list(dict.fromkeys(found))


def _explanation(category: Category | None) -> str:
    if category is None:
        return "The content matches a rule of the platform."
    return f"The content was found to be of this kind: {DEFINITIONS[category].definition}"


def _automation(human: Human | None) -> str:
    if human is None:
        return FULLY
    return NOT_AUTOMATED if human.changed else PARTIALLY


def _facts(
    row: Mapping[str, Any], reasons: Sequence[Mapping[str, Any]], policy: str, human: Human | None, *, is_reported: bool
) -> str:
    """What the decision rests on, in sentences."""
    began = "After reports by users, an" if is_reported else "An"
    said = [f"{began} automated classification system looked at the item and applied the policy {policy}."]
    said += [_fact(reason) for reason in reasons if reason["action"] != Action.ALLOW]
    said.append(f"The policy asked for this action: {row['action']}.")
    if human is not None and human.changed:
        said.append(f"A person reviewed the decision and decided instead: {human.action}.")
    elif human is not None:
        said.append("A person reviewed the decision and confirmed it.")
    return " ".join(said)


def _fact(reason: Mapping[str, Any]) -> str:
    category, code = reason.get("category"), reason["code"]
    if reason.get("bank"):
        return f"The item matches content that had been judged before (reason {code})."
    if reason.get("list"):
        return f"The item matches a list of the policy (reason {code})."
    if category and reason.get("prob") is not None and reason.get("threshold") is not None:
        odds = f"probability {reason['prob']:.2f}, threshold {reason['threshold']:.2f}"
        return f"It was found to be {category} ({odds}; reason {code})."
    return f"A rule of the policy applies (reason {code})."


def _date(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).date().isoformat()
