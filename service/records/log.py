"""The decision log as the service sees it: append decisions, or learn that there is no room for one."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Engine

from models.contracts import (
    NO_CONTEXT,
    BundleReference,
    CategoryScore,
    Context,
    Decision,
    ImageFeatures,
    Modality,
    Reason,
    ScoreSource,
    TextFeatures,
)
from service.moderator import Judgement
from service.policy.document import PolicyDocument
from service.records.commitments import SaltSource, commit
from service.records.deciders import register_decider
from service.records.keys import ContentDigester, deployment_key, derive_key
from service.records.tables import Row
from service.records.writer import RecordWriter, Unit
from service.settings import Settings
from service.ticket import Scored

_TEXT: Final = Modality.TEXT.value
_NO_COUNTS: Final = (None,) * 6
_NO_LOOKS: Final = (None,) * 6
_NO_IMAGES: Final = (None,) * len(ImageFeatures.model_fields)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Of one decision: when, where, for whom.

    Attributes:
        began: when the request had been parsed, on the clock of `time.perf_counter`.

    """

    tenant: str
    surface: str
    began: float
    key_id: str | None = None
    content_id: str | None = None
    context: Context = NO_CONTEXT


@dataclass(frozen=True, slots=True)
class Vectors:
    """Projected embeddings of a decision's parts, for monitoring; see `models.runtime.projection`.

    Attributes:
        text: of the text; None without one, or where the model has no embeddings.
        image: of the first image.
        is_cached: the text's scores are of another posting of it: held, or awaited with it; None without a text.

    """

    text: bytes | None = None
    image: bytes | None = None
    is_cached: bool | None = None


NO_VECTORS: Final = Vectors()


class DecisionLog:
    """Turns judgements into rows, and hands them to the writer; the content itself stays behind."""

    def __init__(self, writer: RecordWriter, digester: ContentDigester) -> None:
        self._writer = writer
        self._digester = digester
        self._new_salt = SaltSource()

    @property
    def is_full(self) -> bool:
        """No decision may be made now, because it could not be recorded."""
        return self._writer.is_full

    @property
    def n_pending(self) -> int:
        """Decisions that are not in the database yet."""
        return self._writer.n_pending

    def put(self, unit: Unit) -> None:
        """Write these together; its `on_done` hears of it."""
        self._writer.put(unit)

    def text_row(self, judgement: Judgement, scored: Scored, occasion: Occasion) -> Row:
        """The record of a decision on a plain text."""
        features, verdict, moderator = scored.features, judgement.verdict, judgement.moderator
        personal, salt, commitment = self._personal(occasion, self._digester.digest(scored.text))
        content_id, subject, content_digest, context = personal
        return (
            judgement.decision_id,
            judgement.decided_at_us,
            occasion.tenant,
            occasion.surface,
            _TEXT,
            content_digest,
            *_counts(features),
            orjson.dumps(dict(zip(moderator.names, judgement.probs, strict=True))).decode(),
            verdict.action.value,
            verdict.review,
            verdict.flagged,
            moderator.decider_id,
            _since(occasion.began),
            *_NO_IMAGES,
            None,
            content_id,
            subject,
            context,
            _reasons(moderator.reasons(verdict)) if verdict.fired else None,
            None,
            None,
            occasion.key_id,
            commitment,
            salt,
            None,
            *_looks(features),
            scored.is_cached,
            scored.vector,
            None,
        )

    def decision_row(
        self,
        decision: Decision,
        decider_id: str,
        occasion: Occasion,
        text: str,
        text_features: TextFeatures | None,
        digests: Sequence[str] = (),
        image_features: ImageFeatures | None = None,
        *,
        signals: str | None = None,
        seen: Vectors = NO_VECTORS,
    ) -> Row:
        """The record of a decision that more than the text has a part in.

        Args:
            decision: what was decided.
            decider_id: by whom.
            occasion: when, where, for whom.
            text: normalised, for the digest; empty when there was none.
            text_features: of it.
            digests: sha256 of each image, in order.
            image_features: of the images.
            signals: what each model said of each part, as JSON, for replays.
            seen: projected embeddings, and whether the text's scores were held.

        """
        scored = [score for score in decision.scores if score.prob is not None]
        present = [*([Modality.TEXT] if text_features else ()), *([Modality.IMAGE] if image_features else ())]
        personal, salt, commitment = self._personal(occasion, self._digester.digest("\0".join([text, *digests])))
        content_id, subject, content_digest, context = personal
        return (
            decision.decision_id,
            round(decision.decided_at.timestamp() * 1e6),
            occasion.tenant,
            occasion.surface,
            ",".join(present),
            content_digest,
            *(_counts(text_features) if text_features else _NO_COUNTS),
            orjson.dumps({score.category.value: score.prob for score in scored}).decode(),
            decision.action.value,
            decision.review,
            decision.flagged,
            decider_id,
            _since(occasion.began),
            *(image_features.model_dump().values() if image_features else _NO_IMAGES),
            _sources(scored),
            content_id,
            subject,
            context,
            _reasons(decision.reasons) if decision.reasons else None,
            signals,
            _known(decision.reasons),
            occasion.key_id,
            commitment,
            salt,
            None,
            *(_looks(text_features) if text_features else _NO_LOOKS),
            seen.is_cached,
            seen.text,
            seen.image,
        )

    def subject(self, author_id: str) -> str:
        """The keyed digest that stands for an author, hex."""
        return self._digester.subject(author_id)

    def fingerprint(self, purpose: str, data: bytes | bytearray) -> bytes:
        """The keyed digest of any bytes, such as a request's body, for one purpose; 32 bytes."""
        inner = hashlib.blake2b(data, digest_size=32).hexdigest()
        return bytes.fromhex(self._digester.digest(f"{purpose}\0{inner}"))

    def close(self, timeout_s: float) -> int:
        """Flush and stop; returns how many decisions could not be recorded in time."""
        return self._writer.close(timeout_s)

    def _personal(
        self, occasion: Occasion, content_digest: str
    ) -> tuple[tuple[str | None, str | None, str, str | None], bytes, bytes]:
        """The personal fields in the order of `PERSONAL`, the salt, and the commitment to them."""
        context = occasion.context
        author_id = context.author.id
        personal = (
            occasion.content_id,
            None if author_id is None else self.subject(author_id),
            content_digest,
            None if context is NO_CONTEXT else _context(context),
        )
        salt = self._new_salt()
        return personal, salt, commit(personal, salt)


def open_log(database: Engine, settings: Settings, on_commit: Callable[[int, float], None]) -> DecisionLog:
    """Start the writer.

    Args:
        database: opened by `service.records.schema.open_database`.
        settings: the deployment's choices.
        on_commit: told how many records were written, and how long it took.

    """
    writer = RecordWriter(database, settings.max_pending_records, settings.record_interval_ms / 1e3, on_commit)
    writer.start()
    return DecisionLog(writer, open_digester(database, settings))


def open_digester(database: Engine, settings: Settings) -> ContentDigester:
    """The digester by the deployment's key."""
    secret = settings.digest_key
    return ContentDigester(derive_key(secret.get_secret_value()) if secret else deployment_key(database))


def name_deciders(
    database: Engine, policy: PolicyDocument, bundles: Sequence[BundleReference], thresholds: dict[str, object]
) -> tuple[str, str]:
    """The ids of who decides on plain texts (the first bundle) and on all else (all of them)."""
    return (
        register_decider(database, policy, bundles[:1], thresholds),
        register_decider(database, policy, bundles, thresholds),
    )


def _counts(features: TextFeatures) -> tuple[int | float, ...]:
    """In the order of the first six columns about texts."""
    return (
        features.n_chars,
        features.n_tokens,
        features.n_windows,
        features.ascii_share,
        features.upper_share,
        features.digit_share,
    )


def _looks(features: TextFeatures) -> tuple[str | int | float, ...]:
    """In the order of the columns that came later."""
    return (
        features.language,
        features.script,
        features.n_urls,
        features.n_emoji,
        features.altered_share,
        features.disguised_share,
    )


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1e3, 3)


def _context(context: Context) -> str:
    """All but the author's id, and without what was not said."""
    said = context.model_dump(mode="json", exclude_defaults=True, exclude={"author": {"id"}})
    return orjson.dumps({name: value for name, value in said.items() if value != {}}).decode()


def _reasons(reasons: Sequence[Reason]) -> str:
    said = [reason.model_dump(mode="json", exclude={"message"}, exclude_none=True) for reason in reasons]
    return orjson.dumps(said).decode()


def _known(reasons: Sequence[Reason]) -> str | None:
    found = [reason.model_dump(mode="json", exclude_none=True) for reason in reasons if reason.bank]
    return orjson.dumps(found).decode() if found else None


def _sources(scored: Sequence[CategoryScore]) -> str | None:
    found = {score.category.value: score.source for score in scored if score.source is not ScoreSource.TEXT}
    return orjson.dumps(found).decode() if found else None
