"""Fusion: one small network that looks at words and picture together, for what neither says alone.

Words reach it as embeddings of the text model, pictures as features of the image model. It is a linear model of both
plus a product of low-rank projections of the two, which is where joint meaning can live; on three thousand memes
anything larger learns them by heart (docs/memes.md). Words beside a picture and words in it take the same path, and
the more harmful of the two counts: no set at hand has both.

Source: Kiela et al. (2020), "The Hateful Memes Challenge", on why joint meaning needs early fusion; Neverova et al.
(2016), "ModDrop", on training with whole modalities left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from models.contracts.base import Value

Float32s = NDArray[np.float32]

FACTOR_SPREAD: Final = 1.0
"""Of the projections before training: inputs have length 1, so that products start where tanh bends."""


class FusionConfig(Value):
    """How a fusion network is built and fitted.

    Attributes:
        rank: columns of the two projections whose product is taken; 0 leaves a linear model.
        n_seeds: networks that are averaged.
        steps: of Adam.
        batch_rows: rows a step.
        lr: its highest step size; it falls to 0 along a cosine.
        word_decay, image_decay, product_decay: decoupled weight decay of the three parts. Features of a general image
            model need more of it than embeddings of a model of harm.
        word_dropout, image_dropout: share of rows in which the whole modality is left out.
        value_dropout: share of single inputs left out.
        smoothing: labels are this far from 0 and 1; annotators contradict each other on copies of one meme.
        very_harmful_weight: of the auxiliary label in the loss.

    """

    rank: int = Field(default=16, ge=0)
    n_seeds: int = Field(default=4, ge=1)
    steps: int = Field(default=300, ge=1)
    batch_rows: int = Field(default=256, ge=1)
    lr: float = Field(default=0.01, gt=0.0)
    word_decay: float = Field(default=0.1, ge=0.0)
    image_decay: float = Field(default=0.5, ge=0.0)
    product_decay: float = Field(default=5.0, ge=0.0)
    word_dropout: float = Field(default=0.1, ge=0.0, lt=1.0)
    image_dropout: float = Field(default=0.2, ge=0.0, lt=1.0)
    value_dropout: float = Field(default=0.3, ge=0.0, lt=1.0)
    smoothing: float = Field(default=0.05, ge=0.0, lt=0.5)
    very_harmful_weight: float = Field(default=0.3, ge=0.0)


@dataclass(frozen=True)
class FusionInputs:
    """What a fusion network reads. A row of zeros means that there is nothing of that kind.

    Attributes:
        text: embedding of the text beside the picture. *Shape:* `(n, 384)`.
        image_text: embedding of the words in the picture. *Shape:* `(n, 384)`.
        image: features of the picture. *Shape:* `(n, 1280)`.

    """

    text: Float32s
    image_text: Float32s
    image: Float32s

    def __len__(self) -> int:
        return len(self.image)

    def rows(self, index: NDArray[np.integer]) -> "FusionInputs":
        """Some of the rows."""
        return FusionInputs(self.text[index], self.image_text[index], self.image[index])


def joined(parts: Sequence[FusionInputs]) -> FusionInputs:
    """All rows of all parts."""
    return FusionInputs(
        text=np.concatenate([part.text for part in parts]),
        image_text=np.concatenate([part.image_text for part in parts]),
        image=np.concatenate([part.image for part in parts]),
    )


class Standardised(nn.Module):
    """Inputs on one scale; what is absent (a row of zeros) stays zero."""

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    def forward(self, x: Tensor) -> Tensor:
        """*Shape:* `(n, d)`, kept."""
        return (x - self.mean) * self.scale * is_present(x)


class FusionMember(nn.Module):
    """One network: linear in words, linear in picture, and a low-rank product of the two."""

    def __init__(self, words: Standardised, picture: Standardised, rank: int, n_outputs: int) -> None:
        super().__init__()
        self.words = words
        self.picture = picture
        n_words, n_picture = len(words.mean), len(picture.mean)
        self.from_words = nn.Linear(n_words, n_outputs)
        self.from_picture = nn.Linear(n_picture, n_outputs, bias=False)
        self.word_factor = nn.Parameter(FACTOR_SPREAD * torch.randn(rank, n_words))
        self.picture_factor = nn.Parameter(FACTOR_SPREAD * torch.randn(rank, n_picture))
        self.product = nn.Parameter(torch.zeros(n_outputs, rank))
        nn.init.zeros_(self.from_words.weight)
        nn.init.zeros_(self.from_picture.weight)

    def forward(self, words: Tensor, picture: Tensor, dropout: float = 0.0) -> Tensor:
        """Logits. *Shape:* `(n, words)` and `(n, picture)` to `(n, n_outputs)`."""
        x = functional.dropout(self.words(words), dropout, self.training)
        z = functional.dropout(self.picture(picture), dropout, self.training)
        joint = torch.tanh(x @ self.word_factor.T) * torch.tanh(z @ self.picture_factor.T)
        logits: Tensor = self.from_words(x) + self.from_picture(z) + joint @ self.product.T
        return logits


class FusionNet(nn.Module):
    """A member on the more harmful of the two texts: the one beside the picture and the one in it."""

    def __init__(self, member: FusionMember) -> None:
        super().__init__()
        self.member = member

    def forward(self, text: Tensor, image_text: Tensor, image: Tensor) -> Tensor:
        """Logits: harmful, then the auxiliary very harmful.

        Args:
            text: words beside the picture; zeros where there are none. *Shape:* `(n, words)`.
            image_text: words in the picture, likewise. *Shape:* `(n, words)`.
            image: *Shape:* `(n, picture)`.

        Returns:
            *Shape:* `(n, 2)`. NaN where an input is NaN.

        """
        beside, inside = self.member(text, image), self.member(image_text, image)
        has_text, has_image_text = is_present(text), is_present(image_text)
        both = torch.maximum(beside, inside)
        return torch.where(has_text * has_image_text > 0, both, torch.where(has_text > 0, beside, inside))


def is_present(x: Tensor) -> Tensor:
    """1 for rows that hold something (NaN is something), 0 for rows of zeros. *Shape:* `(n, d)` to `(n, 1)`."""
    return (x != 0).to(x.dtype).amax(dim=1, keepdim=True)


def averaged(members: Sequence[FusionMember]) -> FusionMember:
    """One network that gives the mean of several fitted to the same rows: their products stand side by side."""
    first, rank = members[0], sum(len(member.word_factor) for member in members)
    joint = FusionMember(first.words, first.picture, rank, first.from_words.out_features)
    with torch.no_grad():
        joint.from_words.weight.copy_(torch.stack([one.from_words.weight for one in members]).mean(dim=0))
        joint.from_words.bias.copy_(torch.stack([one.from_words.bias for one in members]).mean(dim=0))
        joint.from_picture.weight.copy_(torch.stack([one.from_picture.weight for one in members]).mean(dim=0))
        joint.word_factor.copy_(torch.cat([one.word_factor for one in members]))
        joint.picture_factor.copy_(torch.cat([one.picture_factor for one in members]))
        joint.product.copy_(torch.cat([one.product for one in members], dim=1) / len(members))
    return joint


def fit_fusion(
    inputs: FusionInputs, harmful: NDArray[np.bool_], very_harmful: NDArray[np.bool_], config: FusionConfig, seed: int
) -> FusionNet:
    """Fit a network. Words are taken from the picture where it has some, from the text beside it otherwise."""
    has_words = np.abs(inputs.image_text).sum(axis=1, keepdims=True) > 0
    words = torch.from_numpy(np.where(has_words, inputs.image_text, inputs.text))
    picture = torch.from_numpy(inputs.image)
    targets = torch.from_numpy(np.stack([harmful, very_harmful], axis=1).astype(np.float32))
    members = [_fit_member(words, picture, targets, config, seed * 1000 + member) for member in range(config.n_seeds)]
    return FusionNet(averaged(members)).eval()


def fusion_logits(net: FusionNet, inputs: FusionInputs) -> Float32s:
    """Logits of all rows. *Shape:* `(n, 2)`."""
    with torch.inference_mode():
        parts = (torch.from_numpy(part) for part in (inputs.text, inputs.image_text, inputs.image))
        logits: Float32s = net(*parts).numpy()
    return logits


def _fit_member(words: Tensor, picture: Tensor, targets: Tensor, config: FusionConfig, seed: int) -> FusionMember:
    torch.manual_seed(seed)
    member = FusionMember(_standardised(words), _standardised(picture), config.rank, targets.shape[1])
    optimiser = torch.optim.AdamW(_parameter_groups(member, config), lr=config.lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.steps)
    weights = torch.tensor([1.0, config.very_harmful_weight])
    smooth = targets * (1.0 - 2.0 * config.smoothing) + config.smoothing
    member.train()
    for _ in range(config.steps):
        rows = torch.randint(len(words), (config.batch_rows,))
        shown_words = words[rows] * (torch.rand(len(rows), 1) >= config.word_dropout)
        shown_picture = picture[rows] * (torch.rand(len(rows), 1) >= config.image_dropout)
        logits = member(shown_words, shown_picture, config.value_dropout)
        losses = functional.binary_cross_entropy_with_logits(logits, smooth[rows], reduction="none")
        optimiser.zero_grad()
        (losses * weights).sum(dim=1).mean().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return member.eval()


def _standardised(x: Tensor) -> Standardised:
    """Mean and scale of the rows that are present, so that the squared length of a row is about 1."""
    present = x[is_present(x)[:, 0] > 0]
    spread = present.std(dim=0).clamp_min(1e-4)
    return Standardised(present.mean(dim=0), 1.0 / (spread * x.shape[1] ** 0.5))


def _parameter_groups(member: FusionMember, config: FusionConfig) -> list[dict[str, object]]:
    product = [member.word_factor, member.picture_factor, member.product]
    return [
        {"params": [member.from_words.weight], "weight_decay": config.word_decay},
        {"params": [member.from_words.bias], "weight_decay": 0.0},
        {"params": [member.from_picture.weight], "weight_decay": config.image_decay},
        {"params": product, "weight_decay": config.product_decay},
    ]
