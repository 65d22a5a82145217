"""Checking answers: nobody wins by answering rubbish."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scripts.bench.systems import Answer

TOLERANCE = 1e-3
N_SAMPLED = 24


def reference_scores(bundle: Path, texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """The scores of the raw classifier, by text and category.

    Raises:
        models.runtime.bundle.BundleError: the bundle cannot be used.

    """
    from models.runtime.bundle import load_text_bundle
    from models.runtime.classifier import open_classifier

    classifier = open_classifier(load_text_bundle(bundle))
    labels = [label.value for label in classifier.labels]
    rows = classifier.score(texts).tolist()
    return {text: dict(zip(labels, row, strict=True)) for text, row in zip(texts, rows, strict=True)}


def sampled_requests(n_requests: int, concurrency: int) -> frozenset[int]:
    """Indices of the requests to check: the first ones, and as many after every connection is warm."""
    first = range(min(N_SAMPLED // 2, n_requests))
    later = range(min(concurrency * 2, n_requests), min(concurrency * 2 + N_SAMPLED // 2, n_requests))
    return frozenset(first) | frozenset(later)


def count_wrong(
    answers: Mapping[int, bytes],
    requests: Sequence[Sequence[str]],
    read: Callable[[bytes], Answer],
    reference: Mapping[str, Mapping[str, float]],
) -> int:
    """How many kept answers do not carry the classifier's scores for their texts, within `TOLERANCE`."""
    return sum(not _is_right(body, requests[index], read, reference) for index, body in answers.items())


def _is_right(
    body: bytes,
    texts: Sequence[str],
    read: Callable[[bytes], Answer],
    reference: Mapping[str, Mapping[str, float]],
) -> bool:
    try:
        answer = read(body)
        return len(answer) == len(texts) and all(
            math.isclose(float(scores[label]), expected, rel_tol=0.0, abs_tol=TOLERANCE)
            for scores, text in zip(answer, texts, strict=True)
            for label, expected in reference[text].items()
        )
    except (ValueError, KeyError, TypeError):
        return False
