"""A small image model with everything a real one has: batch norms, padding, clips, residuals, depthwise steps."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from models.contracts import CATEGORIES, Category, Encoder, Modality, Quantization, RegionKind
from models.contracts.bundle import Geometry, ImageManifest
from models.export.vision.conversion import convert_image
from models.export.vision.tables import LabelledPictures
from models.runtime.vision.classifier import Pixels

SIDE = 32
LABELS = (Category.WEAPONS, Category.FIRE)


class TinyVision(nn.Module):
    """Pixels to logits, regions, embedding and features."""

    def __init__(self) -> None:
        super().__init__()
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.stem = nn.Conv2d(3, 16, 3, stride=2, bias=False)
        self.stem_norm = nn.BatchNorm2d(16)
        self.depthwise = nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False)
        self.depthwise_norm = nn.BatchNorm2d(16)
        self.project = nn.Conv2d(16, 16, 1, bias=False)
        self.project_norm = nn.BatchNorm2d(16)
        self.head = nn.Conv2d(16, 24, 1)
        self.clip = nn.ReLU6()
        self.drop = nn.Dropout(0.5)
        self.places = nn.Conv2d(24, 2, 1)
        self.classify = nn.Linear(24, 3)
        self.copy = nn.Linear(24, 8)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x = (pixels.permute(0, 3, 1, 2).float() - 127.0) / 128.0
        x = self.clip(self.stem_norm(self.stem(self.pad(x))))
        y = self.clip(self.depthwise_norm(self.depthwise(x)))
        x = x + self.project_norm(self.project(y))
        x = self.clip(self.head(x))
        features = x.mean(dim=(2, 3))
        embedding = self.copy(features)
        length = embedding.square().sum(dim=1, keepdim=True).clamp_min(1e-12).sqrt()
        return self.classify(self.drop(features)), self.places(x), embedding / length, features


def make_module() -> TinyVision:
    torch.manual_seed(0)
    module = TinyVision()
    for one in module.modules():
        if isinstance(one, nn.BatchNorm2d):
            one.running_mean.normal_(std=0.1)
            one.running_var.uniform_(0.2, 0.6)
            one.weight.data.uniform_(0.8, 1.5)
    module.classify.weight.data.mul_(20.0)
    return module.eval()


def make_pixels(seed: int, n: int) -> Pixels:
    """Pictures with large shapes, because noise alone looks the same everywhere once it is pooled."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (n, 4, 4, 3)).repeat(SIDE // 4, axis=1).repeat(SIDE // 4, axis=2)
    return np.clip(coarse + random.integers(-20, 21, (n, SIDE, SIDE, 3)), 0, 255).astype(np.uint8)


def make_pictures(module: nn.Module, seed: int, n: int = 200) -> LabelledPictures:
    """Labelled by the module itself: the top quarter of each logit is positive."""
    pixels = make_pixels(seed, n)
    with torch.inference_mode():
        logits = module(torch.from_numpy(pixels))[0].numpy()
    labels = np.full((n, len(CATEGORIES)), -1, dtype=np.int8)
    for column, category in enumerate(LABELS):
        labels[:, CATEGORIES.index(category)] = logits[:, column] > np.quantile(logits[:, column], 0.75)
    return LabelledPictures(pixels, labels)


def make_manifest() -> ImageManifest:
    kinds = (RegionKind.WEAPONS, RegionKind.FACE)
    return ImageManifest(
        name="image-tiny",
        version="0.1.0",
        modality=Modality.IMAGE,
        labels=LABELS,
        auxiliary_labels=("text",),
        geometry=Geometry(side=SIDE, region_side=SIDE // 2),
        region_kinds=kinds,
        region_thresholds=dict.fromkeys(kinds, 0.5),
        embedding_size=8,
        embedding_threshold=0.1,
        feature_size=24,
        text_gate=0.3,
        opset=1,
        quantization=Quantization(scheme="none", macro_pr_auc_lost=0.0),
        encoder=Encoder(name="tiny", source="tests", licence="Apache-2.0"),
        files={},
        dataset_digest="a" * 64,
        checkpoint_digest="b" * 64,
        created_on="2026-01-01",
        metrics={"copies_found": 0.9},
    )


@pytest.fixture(scope="session")
def module() -> TinyVision:
    return make_module()


@pytest.fixture(scope="session")
def float_path(module: TinyVision, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("float") / "float.onnx"
    convert_image(module, SIDE, path)
    return path


@pytest.fixture(scope="session")
def float_model(float_path: Path) -> onnx.ModelProto:
    return onnx.load(str(float_path))


@pytest.fixture(scope="session")
def pixels() -> Callable[[int, int], Pixels]:
    return make_pixels


@pytest.fixture(scope="session")
def pictures(module: TinyVision) -> Callable[[int], LabelledPictures]:
    return lambda seed: make_pictures(module, seed)


@pytest.fixture(scope="session")
def manifest() -> ImageManifest:
    return make_manifest()
