"""Opening: who judges from the first request on, and what keeps that new."""

import logging
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine as Database

from service.bundles import LoadedModels
from service.judges import Judges
from service.policy.document import PolicyDocument
from service.rollout.lineups import LineupBuilder
from service.rollout.store import PolicyStore
from service.settings import Settings

logger: Final = logging.getLogger("bentoml.weir.rollout")


def open_judges(
    database: Database, settings: Settings, file: PolicyDocument, models: LoadedModels, new_id: Callable[[], str]
) -> Judges:
    """Adopt the policy file if it is new to this database, and compile what is to decide.

    Args:
        database: opened by `service.records.schema.open_database`.
        settings: the deployment's choices.
        file: the policy file, already seen to compile with these models.
        models: that serve.
        new_id: names decisions.

    Raises:
        PolicyError: Neither the file nor anything that was activated can be compiled.

    """
    store = PolicyStore(database)
    store.adopt_file(file, is_chosen="policy" in settings.model_fields_set)
    lineup = LineupBuilder(database, models, new_id).first(file)
    judges = Judges(lineup.base)
    judges.take(lineup)
    if (version := lineup.base.moderator.policy.version) != file.version:
        logger.warning(
            "policy %s decides, as it was activated after the policy file (version %s): `weir policy history` says by "
            "whom, `weir policy activate %s` lets the file decide again", version, file.version, file.version,
        )  # fmt: skip
    return judges
