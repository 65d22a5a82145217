"""Deciders as the log has them: whose scores a decision rests on, and which of their rules asked for a review."""

import json
from dataclasses import dataclass

from sqlalchemy import Engine, RowMapping, select

from service.policy.document import PolicyDocument, PolicyError, parse_policy
from service.policy.replaying import Tables
from service.records.tables import deciders


@dataclass(frozen=True, slots=True)
class StoredDecider:
    """Who decided.

    Attributes:
        tables: the threshold tables of its bundles; empty where they were not kept.
        text_bundle: the digest of the bundle that scores texts; empty where that is not known.
        reviewing: ids of its policy's rules that ask for a review.
        document: its policy; None where this release reads policies in another way than the one that stored it.

    """

    tables: Tables
    text_bundle: str
    reviewing: frozenset[str]
    document: PolicyDocument | None = None


def load_deciders(database: Engine) -> dict[str, StoredDecider]:
    """All deciders of the log, by their ids."""
    with database.connect() as connection:
        return {row["id"]: _decider(row) for row in connection.execute(select(deciders)).mappings()}


def _decider(row: RowMapping) -> StoredDecider:
    bundles = json.loads(row["bundles"] or "[]")
    document = _document(row["policy_text"] or "")
    return StoredDecider(
        tables=json.loads(row["thresholds"] or "{}"),
        text_bundle=bundles[0]["digest"] if bundles else "",
        reviewing=frozenset(rule.id for rule in document.rules if rule.review) if document else frozenset(),
        document=document,
    )


def _document(text: str) -> PolicyDocument | None:
    try:
        return parse_policy(text, "stored")
    except PolicyError:
        return None
