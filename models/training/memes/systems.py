"""Systems: what the joint model has to beat, fitted to the same rows: one kind of input alone, and late fusion."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.training.fusion import FusionConfig, FusionInputs, fit_fusion, fusion_logits

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
EARLY: Final = "early fusion"
LINEAR: Final = "early fusion, linear"
WORDS: Final = "words alone"
PICTURE: Final = "picture alone"

Fitted = Callable[[FusionInputs], Floats]
"""Logits of rows. *Shape:* `(n,)`."""
Fit = Callable[[FusionInputs, Bools, Bools, int], Fitted]
"""Fit to rows with their labels harmful and very harmful, and a seed."""

WORDS_STRENGTH: Final = 0.003
PICTURE_STRENGTH: Final = 0.0003
"""Inverse L2 penalties on standardised inputs, the best of three powers of ten each, by ROC-AUC on other folds."""


def words_alone(inputs: FusionInputs, harmful: Bools, very_harmful: Bools, seed: int) -> Fitted:
    """Logistic regression on the embedding of the words."""
    del very_harmful, seed
    return _regression(words_of, inputs, harmful, WORDS_STRENGTH)


def picture_alone(inputs: FusionInputs, harmful: Bools, very_harmful: Bools, seed: int) -> Fitted:
    """Logistic regression on the features of the picture."""
    del very_harmful, seed
    return _regression(picture_of, inputs, harmful, PICTURE_STRENGTH)


def fusion(config: FusionConfig) -> Fit:
    """The joint network."""

    def fit(inputs: FusionInputs, harmful: Bools, very_harmful: Bools, seed: int) -> Fitted:
        net = fit_fusion(inputs, harmful, very_harmful, config, seed)
        return lambda rows: fusion_logits(net, rows)[:, 0].astype(np.float64)

    return fit


def systems(config: FusionConfig) -> Mapping[str, Fit]:
    """Everything that is fitted in every fold, by name."""
    return MappingProxyType(
        {
            WORDS: words_alone,
            PICTURE: picture_alone,
            LINEAR: fusion(linear_of(config)),
            EARLY: fusion(config),
        }
    )


def linear_of(config: FusionConfig) -> FusionConfig:
    """The same network without its product, which is convex: one seed is as good as five."""
    return config.model_copy(update={"rank": 0, "n_seeds": 1})


def words_of(inputs: FusionInputs) -> NDArray[np.float32]:
    """The words in the picture, or those beside it where it has none."""
    has_words = np.abs(inputs.image_text).sum(axis=1, keepdims=True) > 0
    return np.where(has_words, inputs.image_text, inputs.text)


def picture_of(inputs: FusionInputs) -> NDArray[np.float32]:
    """The picture's features."""
    return inputs.image


def _regression(
    part: Callable[[FusionInputs], NDArray[np.float32]], inputs: FusionInputs, harmful: Bools, strength: float
) -> Fitted:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=500))
    model.fit(part(inputs), harmful)
    return lambda rows: np.asarray(model.decision_function(part(rows)), dtype=np.float64)
