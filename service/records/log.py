"""The decision log as the service sees it: append a decision, or learn that there is no room for one."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import orjson

from models.contracts import BundleReference, Category, Modality
from service.moderator import Judgement
from service.policy.document import PolicyDocument
from service.records.deciders import register_decider
from service.records.keys import ContentDigester, deployment_key, derive_key
from service.records.schema import open_database
from service.records.writer import RecordWriter
from service.settings import Settings
from service.ticket import Scored

_TEXT: Final = Modality.TEXT.value


class DecisionLog:
    """Turns judgements into rows; the content itself stays behind."""

    def __init__(
        self, writer: RecordWriter, digester: ContentDigester, tenant: str, decider_id: str, labels: Sequence[Category]
    ) -> None:
        self._writer = writer
        self._digester = digester
        self._tenant = tenant
        self._decider_id = decider_id
        self._names = tuple(label.value for label in labels)

    @property
    def is_full(self) -> bool:
        """No decision may be made now, because it could not be recorded."""
        return self._writer.is_full

    @property
    def n_pending(self) -> int:
        """Decisions that are not in the database yet."""
        return self._writer.n_pending

    def append(self, judgement: Judgement, scored: Scored, surface: str, began: float) -> None:
        """Record one decision.

        Args:
            judgement: what was decided.
            scored: what it was decided on.
            surface: the endpoint that was asked.
            began: when the request had been parsed, on the clock of `time.perf_counter`.

        """
        features, verdict = scored.features, judgement.verdict
        self._writer.put(
            (
                judgement.decision_id,
                judgement.decided_at_us,
                self._tenant,
                surface,
                _TEXT,
                self._digester.digest(scored.text),
                features.n_chars,
                features.n_tokens,
                features.n_windows,
                features.ascii_share,
                features.upper_share,
                features.digit_share,
                orjson.dumps(dict(zip(self._names, judgement.probs, strict=True))).decode(),
                verdict.action.value,
                verdict.review,
                verdict.flagged,
                self._decider_id,
                round((time.perf_counter() - began) * 1e3, 3),
            )
        )

    def close(self, timeout_s: float) -> int:
        """Flush and stop; returns how many decisions could not be recorded in time."""
        return self._writer.close(timeout_s)


def open_log(
    settings: Settings,
    policy: PolicyDocument,
    bundles: Sequence[BundleReference],
    labels: Sequence[Category],
    on_commit: Callable[[int, float], None],
) -> DecisionLog:
    """Open the database, name the decider and start the writer.

    Raises:
        DatabaseError: The database cannot be opened.

    """
    engine = open_database(settings.database_url)
    secret = settings.digest_key
    key = derive_key(secret.get_secret_value()) if secret else deployment_key(engine)
    decider_id = register_decider(engine, policy, bundles)
    writer = RecordWriter(engine, settings.max_pending_records, settings.record_interval_ms / 1e3, on_commit)
    writer.start()
    return DecisionLog(writer, ContentDigester(key), settings.tenant, decider_id, labels)
