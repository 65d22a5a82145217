"""Line-ups: the panels that a standing asks for, compiled and named, with the last good ones where that fails."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from service.bundles import LoadedModels
from service.faults import describe
from service.judges import Lineup, Shadow
from service.panel import Panel, build_panel
from service.policy.document import PolicyDocument, PolicyError
from service.records.log import name_deciders
from service.rollout.documents import reopen
from service.rollout.errors import RolloutError
from service.rollout.shadow_store import ShadowStore
from service.rollout.store import PolicyStore
from service.rollout.values import ShadowKind

logger: Final = logging.getLogger("bentoml.weir.rollout")


@dataclass(frozen=True)
class LineupBuilder:
    """Makes panels of stored policies, for one worker. Slow next to a decision: call it off the event loop.

    Attributes:
        new_id: names decisions.

    """

    database: Engine
    models: LoadedModels
    new_id: Callable[[], str]

    def first(self, file: PolicyDocument) -> Lineup:
        """What the database asks for at the start; the policy file decides where nothing of that can be compiled.

        Raises:
            PolicyError: The file cannot be compiled either.

        """
        store = PolicyStore(self.database)
        for version in reversed(store.standing().bases):
            if (panel := self._try(store, {}, version)) is not None:
                return self.next(Lineup(panel))
        return self.next(Lineup(self._compile(file)))

    def next(self, last: Lineup) -> Lineup:
        """What the database asks for now.

        Args:
            last: what judges so far: its panels are used again where their policy stays, and its base stays where the
                new one cannot be compiled.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The database does not answer.

        """
        store = PolicyStore(self.database)
        revision = store.revision()  # read first: what changes meanwhile is seen by the next poll
        standing = store.standing()
        known = _panels(last)
        candidate = standing.candidate and self._try(store, known, standing.candidate)
        return Lineup(
            base=(standing.base and self._try(store, known, standing.base)) or last.base,
            candidate=candidate or None,
            percent=standing.percent if candidate else 0,
            shadow=self._shadow(store, known),
            revision=revision,
        )

    def _shadow(self, store: PolicyStore, known: dict[str, Panel]) -> Shadow | None:
        setting = ShadowStore(self.database).settings().get(ShadowKind.POLICY)
        if setting is None:
            return None
        panel = self._try(store, known, setting.target)
        return None if panel is None else Shadow(setting.target, panel, setting.share)

    def _try(self, store: PolicyStore, known: dict[str, Panel], version: str) -> Panel | None:
        """The panel of a stored policy; None, and a line in the log, where it cannot be compiled."""
        if version in known:
            return known[version]
        try:
            known[version] = self._compile(reopen(store.policy(version)))
        except (PolicyError, RolloutError) as error:
            logger.error("policy %s cannot decide here, the last good one stays: %s", version, error)  # noqa: TRY400
            return None
        except Exception as error:  # noqa: BLE001 - a policy must never stop the worker from following the next one
            logger.error("policy %s cannot decide here, the last good one stays: %s", version, describe(error))  # noqa: TRY400
            return None
        return known[version]

    def _compile(self, document: PolicyDocument) -> Panel:
        panel = build_panel(document, self.models, self.new_id)
        if panel.policy.inactive:
            logger.info("policy %s: no loaded model scores %s", document.name, ", ".join(panel.policy.inactive))
        panel.register(*name_deciders(self.database, document, self.models.bundles, self.models.thresholds))
        return panel


def _panels(lineup: Lineup) -> dict[str, Panel]:
    """By the version of their policy."""
    shadow = lineup.shadow and lineup.shadow.panel
    return {panel.moderator.policy.version: panel for panel in (lineup.base, lineup.candidate, shadow) if panel}
