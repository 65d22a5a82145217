"""A decision without a server: nothing is queued, nothing is recorded, and no bank is asked."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.contracts import Decision, FailureCode, ItemFailure, Redaction, SpanState
from service.batcher import PROB_DECIMALS, Batcher
from service.bundles import LoadedModels, load_models
from service.errors import FAILURE_MESSAGE
from service.explainer import Explained, Question, SpanFinder, answer
from service.explaining import explained_decision, raised_in
from service.identity import UuidSource
from service.judges import Judges
from service.metrics.recorder import unread_recorder
from service.panel import Panel, build_panel
from service.policy.document import load_policy
from service.policy.facts import NO_FACTS
from service.scorer import Scorer
from service.settings import Settings
from service.ticket import Scored
from service.vision.budget import ByteBudget
from service.vision.finding import Posted
from service.vision.opening import open_vision
from service.vision.reader_pool import open_reader_pool
from service.vision.redacting import RedactedImage
from service.vision.refusal import ItemRefusedError
from service.vision.scorers import Reader
from service.wire.limits import ImageLimits, Limits

Redacted = tuple[Decision | ItemFailure, tuple[RedactedImage, ...]]
"""An outcome, and copies of the images if somebody asked for them or the action is `blur`."""


def preview(
    text: str,
    images: Sequence[bytes],
    settings: Settings,
    load: Callable[[Path], LoadedModels] = load_models,
    reader: Reader | None = None,
) -> Decision | ItemFailure:
    """Score one item and judge it by the policy, as the service would. Blocks; not for a running event loop.

    Args:
        text: empty when there are images alone.
        images: the bytes of each; none for a plain text.
        settings: bundles, policy and limits.
        load: turns `settings.bundles` into models.
        reader: of words in pictures; the shipped one when None.

    Raises:
        BundlesError, BundleError: The bundles do not fit each other, or one is broken.
        PolicyError: The policy file is not usable.

    """
    outcome, _ = preview_redacted(text, images, frozenset(), settings, load, reader)
    return outcome


def preview_redacted(
    text: str,
    images: Sequence[bytes],
    redact: frozenset[Redaction],
    settings: Settings,
    load: Callable[[Path], LoadedModels] = load_models,
    reader: Reader | None = None,
    previous: str | None = None,
    *,
    with_spans: bool = False,
) -> Redacted:
    """The same, with copies of the images in which `redact` is blurred; empty leaves that to the policy.

    `previous` is the turn that a text without images answers. `with_spans` asks which words carried the scores.
    """
    limits = Limits(
        settings.max_items, settings.max_text_chars, ImageLimits(settings.max_images, settings.max_image_bytes)
    )
    document = load_policy(settings.policy)
    previous = None if not previous or previous.isspace() else previous
    failure = _refusal(text, len(images), limits)
    refused = None if previous is None else limits.text_failure(previous)
    if failure is None and refused is not None:
        return ItemFailure(code=refused, message=f"previous: {limits.message(refused)}"), ()
    if failure is None:
        models = load(settings.bundles)
        panel = build_panel(document, models, UuidSource())
        if images:
            examined, copies = _examine(text, images, redact, settings, models, panel, reader)
            return (_explained(examined, text, models.text.find_spans) if with_spans else examined), copies
        turn = previous if models.text.reads_previous else None
        outcome = _score(text, turn, models.text.scorer, settings.max_batch_tokens)
        if isinstance(outcome, Scored):
            judgement = panel.moderator.judge(outcome, replace(NO_FACTS, text=outcome.text))
            decision = panel.moderator.decision(judgement)
            return (_explained(decision, text, models.text.find_spans) if with_spans else decision), ()
        failure = outcome
    return ItemFailure(code=failure, message=limits.message(failure)), ()


def _explained(outcome: Decision | ItemFailure, text: str, find: SpanFinder | None) -> Decision | ItemFailure:
    """A decision with the words that carried its scores; a failure has none."""
    if isinstance(outcome, ItemFailure):
        return outcome
    if find is None:
        return explained_decision(outcome, Explained(SpanState.UNSUPPORTED))
    return explained_decision(outcome, answer(find, Question(text, raised_in(outcome)), math.inf))


def _refusal(text: str, n_images: int, limits: Limits) -> FailureCode | None:
    failure = limits.text_failure(text)
    if n_images == 0 or failure not in (None, FailureCode.EMPTY_CONTENT):
        return failure
    return FailureCode.TOO_MANY_IMAGES if limits.images and n_images > limits.images.max_images else None


def _examine(
    text: str,
    images: Sequence[bytes],
    redact: frozenset[Redaction],
    settings: Settings,
    models: LoadedModels,
    panel: Panel,
    reader: Reader | None,
) -> Redacted:
    if not models.images:
        code = FailureCode.UNSUPPORTED_MODALITY
        return ItemFailure(code=code, message=FAILURE_MESSAGE[code]), ()
    deadline = time.perf_counter() + settings.deadline_ms / 1e3
    posted = Posted("" if text.isspace() else text, tuple(images), deadline, redact=redact or None)
    return asyncio.run(_through_pipeline(posted, settings, models, panel, reader))


async def _through_pipeline(
    posted: Posted, settings: Settings, models: LoadedModels, panel: Panel, reader: Reader | None
) -> Redacted:
    """The pipeline of the service, with one item in it."""
    recorder = unread_recorder()
    batcher = Batcher(models.text.scorer, recorder, 1, settings.max_text_chars, settings.max_batch_tokens)
    budget = ByteBudget(settings.max_image_bytes_in_flight)
    reader = reader or open_reader_pool()
    vision = open_vision(settings, models, Judges(panel), batcher, lambda: None, recorder, budget, reader)
    try:
        examined = await vision.examiner.examine(posted)
    finally:
        await vision.close()
    if isinstance(examined, ItemRefusedError):
        place = "" if examined.image is None else f"images[{examined.image}]: "
        return ItemFailure(code=examined.code, message=f"{place}{examined}"), ()
    return examined.ruling.decision, examined.redacted


def _score(text: str, previous: str | None, scorer: Scorer, max_batch_tokens: int) -> Scored | FailureCode:
    (prepared,) = scorer.prepare([text], [previous]) if previous else scorer.prepare([text])
    if not prepared.text:
        return FailureCode.EMPTY_CONTENT
    windows = prepared.windows
    batches = scorer.plan([len(window) for window in windows], max_batch_tokens)
    logits = np.concatenate([scorer.infer([windows[index] for index in batch]) for batch in batches])
    probs = scorer.probabilities(logits.max(axis=0, keepdims=True)).astype(np.float64).round(PROB_DECIMALS)
    return (
        Scored(probs[0].tolist(), prepared.text, prepared.features)
        if np.isfinite(probs).all()
        else FailureCode.UNSCORABLE
    )
