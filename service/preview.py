"""A decision without a server: nothing is queued, nothing is recorded."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.contracts import Decision, FailureCode, ItemFailure
from service.batcher import PROB_DECIMALS
from service.bundles import LoadedModel, load_text_model
from service.engine import build_moderator
from service.identity import UuidSource
from service.policy.document import load_policy
from service.scorer import Scorer
from service.settings import Settings
from service.ticket import Scored
from service.wire.limits import Limits


def preview(
    text: str, settings: Settings, load: Callable[[Path], LoadedModel] = load_text_model
) -> Decision | ItemFailure:
    """Score one text and judge it by the policy, as the service would.

    Raises:
        BundlesError, BundleError: No bundle, several, or a broken one.
        PolicyError: The policy file is not usable.

    """
    limits = Limits(settings.max_items, settings.max_text_chars)
    document = load_policy(settings.policy)
    failure = limits.text_failure(text)
    if failure is None:
        model = load(settings.bundles)
        outcome = _score(text, model.scorer, settings.max_batch_tokens)
        if isinstance(outcome, Scored):
            moderator = build_moderator(document, model, UuidSource())
            return moderator.decision(moderator.judge(outcome))
        failure = outcome
    return ItemFailure(code=failure, message=limits.message(failure))


def _score(text: str, scorer: Scorer, max_batch_tokens: int) -> Scored | FailureCode:
    (prepared,) = scorer.prepare([text])
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
