"""The decision log as the service sees it: append a decision, or learn that there is no room for one."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import orjson
from sqlalchemy import Engine

from models.contracts import (
    BundleReference,
    Category,
    CategoryScore,
    Decision,
    ImageFeatures,
    Modality,
    ScoreSource,
    TextFeatures,
)
from service.moderator import Judgement
from service.policy.document import PolicyDocument
from service.records.deciders import register_decider
from service.records.keys import ContentDigester, deployment_key, derive_key
from service.records.writer import RecordWriter
from service.settings import Settings
from service.ticket import Scored

_TEXT: Final = Modality.TEXT.value
_NO_TEXT: Final = (None,) * len(TextFeatures.model_fields)
_NO_IMAGES: Final = (None,) * len(ImageFeatures.model_fields)


class DecisionLog:
    """Turns judgements into rows; the content itself stays behind."""

    def __init__(
        self,
        writer: RecordWriter,
        digester: ContentDigester,
        tenant: str,
        decider_id: str,
        full_decider_id: str,
        labels: Sequence[Category],
    ) -> None:
        self._writer = writer
        self._digester = digester
        self._tenant = tenant
        self._decider_id = decider_id
        self._full_decider_id = full_decider_id
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

    def append_decision(
        self,
        decision: Decision,
        surface: str,
        began: float,
        text: str,
        text_features: TextFeatures | None,
        digests: Sequence[str] = (),
        image_features: ImageFeatures | None = None,
    ) -> None:
        """Record one decision that more than the text has a part in.

        Args:
            decision: what was decided.
            surface: the endpoint that was asked.
            began: when the request had been parsed, on the clock of `time.perf_counter`.
            text: normalised, for the digest; empty when there was none.
            text_features: of it.
            digests: sha256 of each image, in order.
            image_features: of the images.

        """
        scored = [score for score in decision.scores if score.prob is not None]
        present = [*([Modality.TEXT] if text_features else ()), *([Modality.IMAGE] if image_features else ())]
        self._writer.put(
            (
                decision.decision_id,
                round(decision.decided_at.timestamp() * 1e6),
                self._tenant,
                surface,
                ",".join(present),
                self._digester.digest("\0".join([text, *digests])),
                *(text_features.model_dump().values() if text_features else _NO_TEXT),
                orjson.dumps({score.category.value: score.prob for score in scored}).decode(),
                decision.action.value,
                decision.review,
                decision.flagged,
                self._full_decider_id,
                round((time.perf_counter() - began) * 1e3, 3),
                *(image_features.model_dump().values() if image_features else _NO_IMAGES),
                _sources(scored),
            )
        )

    def close(self, timeout_s: float) -> int:
        """Flush and stop; returns how many decisions could not be recorded in time."""
        return self._writer.close(timeout_s)


def open_log(
    database: Engine,
    settings: Settings,
    policy: PolicyDocument,
    bundles: Sequence[BundleReference],
    labels: Sequence[Category],
    on_commit: Callable[[int, float], None],
) -> DecisionLog:
    """Name the deciders and start the writer.

    Args:
        database: opened by `service.records.schema.open_database`.
        settings: the deployment's choices.
        policy: what decides.
        bundles: those that serve, the text bundle first. A text is decided by this one, any other item by all.
        labels: of the text bundle.
        on_commit: told how many records were written, and how long it took.

    """
    secret = settings.digest_key
    key = derive_key(secret.get_secret_value()) if secret else deployment_key(database)
    decider_id = register_decider(database, policy, bundles[:1])
    full_decider_id = register_decider(database, policy, bundles)
    writer = RecordWriter(database, settings.max_pending_records, settings.record_interval_ms / 1e3, on_commit)
    writer.start()
    return DecisionLog(writer, ContentDigester(key), settings.tenant, decider_id, full_decider_id, labels)


def _sources(scored: Sequence[CategoryScore]) -> str | None:
    found = {score.category.value: score.source for score in scored if score.source is not ScoreSource.TEXT}
    return orjson.dumps(found).decode() if found else None
