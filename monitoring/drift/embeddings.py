"""Embeddings: whether what is posted means something else now. Three tests on the projected vectors of a window.

The mean (Hotelling's T2); the kernel mean over random Fourier features (MMD whose distribution is known, so that a
p-value is right far out in the tail and needs no permutation); and a classifier that learns to tell one half of the
window from one half of the reference and is judged on the other halves. Were it judged on rows of the reference whose
mean it knows, every difference of that mean by chance would look like a change, the more so the smaller the reference.

Source: Hotelling 1931 (the mean); Rahimi and Recht 2007 (random Fourier features); Chwialkowski et al. 2015 and
Jitkrittum et al. 2016 (the test); Lopez-Paz and Oquab 2017 (classifier two-sample tests).
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, ndtr

from monitoring.drift import effects
from monitoring.drift.effects import Effects
from monitoring.drift.part import Part

Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]

N_FREQUENCIES: Final = 32
"""Random frequencies; each gives a sine and a cosine."""
MIN_SPREAD: Final = 0.01
"""Directions of less than this share of the largest variance are left out: they carry rounding."""
MAX_JUDGED: Final = 4_000
"""Rows of each half of the reference that the classifier is judged against."""
MIN_ROWS: Final = 100
_SEED: Final = 5


@dataclass(frozen=True, slots=True)
class Half:
    """Half of a reference or of a window, white.

    Attributes:
        mean: of all of its rows. *Shape:* `(directions,)`.
        rows: some of them, at most `MAX_JUDGED` of a reference. *Shape:* `(rows, directions)`.
        weights: of these. *Shape:* `(rows,)`.

    """

    mean: Float64s
    rows: Float64s
    weights: Float64s


@dataclass(frozen=True, slots=True)
class Space:
    """A reference's embeddings made white: mean 0, variance 1 in every direction.

    Attributes:
        frequencies: of the Fourier features. *Shape:* `(dimensions, N_FREQUENCIES)`.
        means: of embedding and features.
        linear, kernel: whitening of the embedding and of the features.
        halves: of the reference, for the classifier: it learns on the one and is judged on the other.
        n_rows: effective rows of the reference.

    """

    frequencies: Float64s
    means: Float64s
    linear: Float64s
    kernel: Float64s
    halves: tuple[Half, ...]
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
    space = Space(frequencies, means, linear, kernel, (), float(1.0 / (share @ share)))
    order = generator.permutation(len(vectors))
    return replace(space, halves=tuple(_half(space, vectors[rows], weights[rows]) for rows in np.array_split(order, 2)))


def _half(space: Space, vectors: Float32s, weights: Float64s) -> Half:
    white = space.whiten(vectors)
    return Half(weights @ white / weights.sum(), white[:MAX_JUDGED].copy(), weights[:MAX_JUDGED])


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
    mean, n_was = share @ white, space.n_rows
    return [
        _hotelling("mean", "Hotelling's T2", mean[: space.n_linear], n_rows, n_was, settings.standard),
        _hotelling("mmd", "MMD by random Fourier features", mean[space.n_linear :], n_rows, n_was, settings.standard),
        _classifier(space, white, weights, settings.auc),
    ]


def direction(white: Float64s, weights: Float64s) -> Float64s:
    """How much each row shows the difference. *Shape:* `(rows,)`."""
    mean = weights @ white / weights.sum()
    return np.asarray(white @ mean / max(float(np.linalg.norm(mean)), 1e-12))


def _hotelling(name: str, method: str, mean: Float64s, n_rows: float, n_was: float, threshold: float) -> Part:
    """Hotelling's T2, whose covariance was estimated from the reference; its mean by chance is taken off the effect."""
    length, size = float(mean @ mean), len(mean)
    statistic, spare = n_rows * length, n_was - size
    p_value = float(fdtrc(size, spare, statistic * spare / ((n_was - 1.0) * size))) if spare > 0 else 1.0
    by_chance = size / n_rows * (n_was - 1.0) / (spare - 2.0) if spare > 2.0 else length  # noqa: PLR2004 - the F law
    effect = float(np.sqrt(max(0.0, length - by_chance)))
    return Part(name, method, statistic, p_value, effect, effects.STANDARD, threshold, None, np.empty(0))


def _classifier(space: Space, white: Float64s, weights: Float64s, threshold: float) -> Part:
    """Fisher's linear discriminant, learned on every second row, judged on the others, and the other way round."""
    now = [_every_second(white, weights, first) for first in (0, 1)]
    was = space.halves
    answers = [_judge(now[i].mean - was[i].mean, unseen=was[1 - i], judged=now[1 - i]) for i in (0, 1)]
    # Rows that made the space white lie closer together in it than unseen ones, the more so the fewer they were.
    spare = max(0.0, 1.0 - white.shape[1] / space.n_rows)
    z = max(answer[0] for answer in answers) * float(np.sqrt(spare))
    auc = float(np.mean([answer[1] for answer in answers]))
    p_value, effect = min(1.0, 2.0 * float(ndtr(-z))), max(0.0, auc - 0.5)
    return Part("classifier", "classifier two-sample", auc, p_value, effect, effects.AUC, threshold, None, np.empty(0))


def _every_second(white: Float64s, weights: Float64s, first: int) -> Half:
    rows, weights = white[first::2], weights[first::2]
    return Half(weights @ rows / weights.sum(), rows, weights)


def _judge(towards: Float64s, unseen: Half, judged: Half) -> tuple[float, float]:
    """Mann and Whitney's z of a discriminant on unseen rows of both sides, and its area under the curve.

    Rows count by their weights, since a sampled window keeps more of what is rare; as many as they are worth (Kish).
    """
    scores = unseen.rows @ towards
    order = np.argsort(scores)
    was, now = scores[order], judged.rows @ towards
    below = np.append(0.0, np.cumsum(unseen.weights[order])) / unseen.weights.sum()
    ranks = (below[np.searchsorted(was, now)] + below[np.searchsorted(was, now, side="right")]) / 2.0
    auc = float(judged.weights @ ranks / judged.weights.sum())
    spread = np.sqrt(sum(float(w @ w) / float(w.sum()) ** 2 for w in (judged.weights, unseen.weights)) / 12.0)
    return float((auc - 0.5) / spread), auc


def _features(vectors: Float32s, frequencies: Float64s) -> Float64s:
    angles = vectors.astype(float) @ frequencies
    return np.hstack([vectors, np.cos(angles), np.sin(angles)])


def _whitening(spread: Float64s) -> Float64s:
    values, directions = np.linalg.eigh(spread)
    kept = values > max(float(values[-1]) * MIN_SPREAD, 1e-12)
    return np.asarray(directions[:, kept] / np.sqrt(values[kept]))
