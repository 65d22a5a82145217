"""Embeddings: whether what is posted means something else now. Three tests on the projected vectors of a window.

The mean (Hotelling's T2); the kernel mean over random Fourier features (MMD whose distribution is known, so that a
p-value is right far out in the tail and needs no permutation); and a classifier that learns on one half of the window
to tell it from the reference and is judged on the other.

Source: Rahimi and Recht 2007 (random Fourier features); Chwialkowski et al. 2015 and Jitkrittum et al. 2016 (the test);
Lopez-Paz and Oquab 2017 (classifier two-sample tests).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtr

from monitoring.drift import effects
from monitoring.drift.effects import Effects
from monitoring.drift.part import Part

Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]

N_FREQUENCIES: Final = 32
"""Random frequencies; each gives a sine and a cosine."""
MIN_SPREAD: Final = 0.01
"""Directions of less than this share of the largest variance are left out: they carry rounding."""
MAX_JUDGED: Final = 5_000
"""Rows of the reference that the classifier is judged against."""
MIN_ROWS: Final = 100
_SEED: Final = 5


@dataclass(frozen=True, slots=True)
class Space:
    """A reference's embeddings made white: mean 0, variance 1 in every direction.

    Attributes:
        frequencies: of the Fourier features. *Shape:* `(dimensions, N_FREQUENCIES)`.
        means: of embedding and features.
        linear, kernel: whitening of the embedding and of the features.
        judged: white rows of the reference, for the classifier. *Shape:* `(rows, directions)`.
        n_rows: effective rows of the reference.

    """

    frequencies: Float64s
    means: Float64s
    linear: Float64s
    kernel: Float64s
    judged: Float64s
    n_rows: float

    def whiten(self, vectors: Float32s) -> Float64s:
        """White rows: the embedding's directions, then the kernel's. *Shape:* `(rows, directions)`."""
        features = _features(vectors, self.frequencies) - self.means
        size = len(self.linear)
        return np.hstack([features[:, :size] @ self.linear, features[:, size:] @ self.kernel])

    @property
    def n_linear(self) -> int:
        """Directions of the embedding."""
        return int(self.linear.shape[1])


def survey(vectors: Float32s, weights: Float64s) -> Space | None:
    """Prepare a reference's embeddings; None where it has too few."""
    known = np.isfinite(vectors).all(axis=1) if len(vectors) else np.zeros(0, dtype=bool)
    if known.sum() < MIN_ROWS:
        return None
    vectors, weights = vectors[known], weights[known]
    generator = np.random.default_rng(_SEED)
    picked = vectors[generator.choice(len(vectors), min(len(vectors), 1_000), replace=False)].astype(float)
    half = len(picked) // 2
    width = float(np.median(np.linalg.norm(picked[:half] - picked[half : 2 * half], axis=1))) or 1.0
    frequencies = generator.standard_normal((vectors.shape[1], N_FREQUENCIES)) / width
    features = _features(vectors, frequencies)
    share = weights / weights.sum()
    means = share @ features
    spread = ((features - means) * share[:, None]).T @ (features - means)
    size = vectors.shape[1]
    linear, kernel = _whitening(spread[:size, :size]), _whitening(spread[size:, size:])
    space = Space(frequencies, means, linear, kernel, np.empty((0, 0)), float(1.0 / (share @ share)))
    rows = generator.choice(len(vectors), min(len(vectors), MAX_JUDGED), replace=True, p=share)
    return Space(frequencies, means, linear, kernel, space.whiten(vectors[rows]), space.n_rows)


def compare(space: Space, white: Float64s, weights: Float64s, settings: Effects) -> list[Part]:
    """The three tests.

    Args:
        space: of the reference.
        white: rows of the window, whitened; only known ones.
        weights: of the rows.
        settings: how large a change must be.

    """
    share = weights / weights.sum()
    n_rows = 1.0 / (float(share @ share) + 1.0 / space.n_rows)
    mean = share @ white
    return [
        _hotelling("mean", "Hotelling's T2", mean[: space.n_linear], n_rows, settings.standard),
        _hotelling("mmd", "MMD by random Fourier features", mean[space.n_linear :], n_rows, settings.standard),
        _classifier(space, white, settings.auc),
    ]


def direction(white: Float64s, weights: Float64s) -> Float64s:
    """How much each row shows the difference. *Shape:* `(rows,)`."""
    mean = weights @ white / weights.sum()
    return np.asarray(white @ mean / max(float(np.linalg.norm(mean)), 1e-12))


def _hotelling(name: str, method: str, mean: Float64s, n_rows: float, threshold: float) -> Part:
    """The statistic is chi-squared; what it would be without a change is taken off the effect."""
    length = float(mean @ mean)
    statistic = n_rows * length
    effect = float(np.sqrt(max(0.0, length - len(mean) / n_rows)))
    p_value = float(chdtrc(len(mean), statistic))
    return Part(name, method, statistic, p_value, effect, effects.STANDARD, threshold, None, np.empty(0))


def _classifier(space: Space, white: Float64s, threshold: float) -> Part:
    """Fisher's linear discriminant, learned on every second row, judged on the others, and the other way round."""
    answers = [_judge(space, white[first::2], white[1 - first :: 2]) for first in (0, 1)]
    z, auc = min(answers, key=lambda answer: -answer[0])
    p_value = min(1.0, 2.0 * float(ndtr(-z)))
    effect = max(0.0, float(np.mean([answer[1] for answer in answers])) - 0.5)
    return Part("classifier", "classifier two-sample", auc, p_value, effect, effects.AUC, threshold, None, np.empty(0))


def _judge(space: Space, learned: Float64s, judged: Float64s) -> tuple[float, float]:
    """Mann and Whitney's z of a discriminant on unseen rows, and its area under the curve."""
    towards = learned.mean(axis=0)
    was, now = np.sort(space.judged @ towards), judged @ towards
    auc = float((np.searchsorted(was, now) + np.searchsorted(was, now, side="right")).mean() / (2.0 * len(was)))
    spread = np.sqrt((len(now) + len(was) + 1) / (12.0 * len(now) * len(was)))
    return float((auc - 0.5) / spread), auc


def _features(vectors: Float32s, frequencies: Float64s) -> Float64s:
    angles = vectors.astype(float) @ frequencies
    return np.hstack([vectors, np.cos(angles), np.sin(angles)])


def _whitening(spread: Float64s) -> Float64s:
    values, directions = np.linalg.eigh(spread)
    kept = values > max(float(values[-1]) * MIN_SPREAD, 1e-12)
    return np.asarray(directions[:, kept] / np.sqrt(values[kept]))
