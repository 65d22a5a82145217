"""Fitting: move one head from where it is, towards what people said.

    p(x) = sigmoid(scale * (z(x) + d . u(x) + b) + shift)
    loss(d, b) = sum_i w_i * logloss(p(x_i), y_i) + strength / 2 * |d|^2

`z` is the logit of the head as it is, `u` the standardised embedding, `scale` and `shift` its calibration, which stays:
the move is fitted under it, so that probabilities keep their meaning. With an infinite strength nothing moves but the
intercept; with none the old head is forgotten. It is logistic regression with an offset, whose prior is the old head.

Source: Chelba & Acero (2006), "Adaptation of maximum entropy capitalizer: little data can help a lot" (a Gaussian prior
around the old weights); last-layer refitting: Kirichenko, Izmailov & Wilson (2023), "Last layer re-training is
sufficient for robustness to spurious correlations".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.runtime.calibration import sigmoid

Float64s = NDArray[np.float64]

MAX_ITERATIONS = 200


@dataclass(frozen=True)
class Rows:
    """What one head is fitted to.

    Attributes:
        logits: of the head as it is. *Shape:* `(n,)`.
        inputs: standardised embeddings. *Shape:* `(n, size)`.
        labels: 1.0 or 0.0. *Shape:* `(n,)`.
        weights: not negative. *Shape:* `(n,)`.

    """

    logits: Float64s
    inputs: Float64s
    labels: Float64s
    weights: Float64s

    def at(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "Rows":
        """Some of them."""
        return Rows(self.logits[rows], self.inputs[rows], self.labels[rows], self.weights[rows])

    def __add__(self, other: "Rows") -> "Rows":
        return Rows(
            np.concatenate([self.logits, other.logits]),
            np.concatenate([self.inputs, other.inputs]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.weights, other.weights]),
        )


@dataclass(frozen=True)
class Move:
    """How a head moves, in standardised coordinates. `direction` has *Shape:* `(size,)`."""

    direction: Float64s
    intercept: float

    def logits(self, rows: Rows) -> Float64s:
        """After the move. *Shape:* `(n,)`."""
        return rows.logits + rows.inputs @ self.direction + self.intercept


def still(size: int) -> Move:
    """No move."""
    return Move(np.zeros(size), 0.0)


def fit_move(rows: Rows, scale: float, shift: float, strength: float, start: Move | None = None) -> Move:
    """The move with the least loss; convex, so there is one.

    Args:
        rows: to fit to.
        scale: of the calibration, above 0.
        shift: of the calibration.
        strength: of the prior, above 0: in examples, as it is weighed against a sum over them.
        start: where to begin, to be faster.

    """
    size = rows.inputs.shape[1]
    begin = start or still(size)

    def loss(parameters: Float64s) -> tuple[float, Float64s]:
        direction, intercept = parameters[:-1], parameters[-1]
        scores = scale * (rows.logits + rows.inputs @ direction + intercept) + shift
        losses = np.logaddexp(0.0, np.where(rows.labels == 1.0, -scores, scores))
        pull = rows.weights * scale * (sigmoid(scores) - rows.labels)
        gradient = np.append(rows.inputs.T @ pull + strength * direction, pull.sum())
        return float(rows.weights @ losses + 0.5 * strength * direction @ direction), gradient

    found = minimize(
        loss,
        np.append(begin.direction, begin.intercept),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MAX_ITERATIONS},
    )
    return Move(found.x[:-1], float(found.x[-1]))
