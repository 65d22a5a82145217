"""Recorded: a decision as the log has it, read for reviewers; it is never written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from models.contracts import Action
from service.records.tables import deciders, decisions

_COLUMNS: Final = (
    decisions.c.decision_id,
    decisions.c.decided_at_us,
    decisions.c.tenant,
    decisions.c.surface,
    decisions.c.modalities,
    decisions.c.content_digest,
    decisions.c.content_id,
    decisions.c.subject,
    decisions.c.scores,
    decisions.c.reasons,
    decisions.c.context,
    decisions.c.action,
    decisions.c.review,
    decisions.c.flagged,
    deciders.c.policy_name,
    deciders.c.policy_version,
    deciders.c.bundles,
)


@dataclass(frozen=True)
class Recorded:
    """One decision on record. Names are those of the columns of `decisions`."""

    decision_id: str
    decided_at_us: int
    tenant: str
    surface: str
    modalities: str
    content_digest: str
    content_id: str | None
    subject: str | None
    scores_json: str
    reasons_json: str | None
    context_json: str | None
    action_name: str
    review: bool
    flagged: bool
    policy_name: str
    policy_version: str
    bundles_json: str

    @property
    def action(self) -> Action:
        """What was decided."""
        return Action(self.action_name)

    @cached_property
    def scores(self) -> dict[str, float]:
        """Probability by category."""
        found: dict[str, float] = orjson.loads(self.scores_json)
        return found

    @cached_property
    def reasons(self) -> list[dict[str, Any]]:
        """The rules that fired, without their messages."""
        found: list[dict[str, Any]] = orjson.loads(self.reasons_json) if self.reasons_json else []
        return found

    @cached_property
    def context(self) -> dict[str, Any] | None:
        """What the caller said of the item; None when that was nothing, or erased."""
        return orjson.loads(self.context_json) if self.context_json else None

    @cached_property
    def bundles(self) -> list[dict[str, str]]:
        """Name, version and digest of each bundle."""
        found: list[dict[str, str]] = orjson.loads(self.bundles_json)
        return found

    @property
    def bundle_digests(self) -> str:
        """As a JSON list, as labels keep them."""
        return orjson.dumps([bundle["digest"] for bundle in self.bundles]).decode()

    def categories(self, *, deciding: bool) -> tuple[str, ...]:
        """Those that the reasons name, or only those of the reasons that set the action."""
        named = (
            reason.get("category")
            for reason in self.reasons
            if not deciding or reason.get("action") == self.action.value
        )
        return tuple(dict.fromkeys(category for category in named if category is not None))


def recorded(connection: Connection, decision_ids: Sequence[str]) -> dict[str, Recorded]:
    """The decisions of these ids that are on record, by id."""
    joined = select(*_COLUMNS).join(deciders, deciders.c.id == decisions.c.decider_id)
    found = connection.execute(joined.where(decisions.c.decision_id.in_(decision_ids))).all()
    return {row.decision_id: Recorded(*tuple(row)) for row in found}


def recorded_one(connection: Connection, decision_id: str, tenant: str | None) -> Recorded | None:
    """One decision, if the tenant may see it; a tenant of None may see all."""
    found = recorded(connection, [decision_id]).get(decision_id)
    return found if found is not None and tenant in (None, found.tenant) else None
