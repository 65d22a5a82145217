"""Manifests for tests that need one without a model behind it."""

from typing import Any

from models.contracts import ImageManifest, JointManifest, TextManifest

DIGEST = "0" * 64
_COMMON: dict[str, Any] = {
    "version": "1.0.0",
    "opset": 17,
    "quantization": {"scheme": "none", "macro_pr_auc_lost": 0.0},
    "encoder": {"name": "e", "source": "s", "licence": "Apache-2.0"},
    "files": {},
    "dataset_digest": DIGEST,
    "checkpoint_digest": DIGEST,
    "created_on": "2026-01-31",
}


def text_manifest(**changes: Any) -> TextManifest:
    fields = {"name": "text", "modality": "text", "labels": ["hate"], "max_tokens": 256, "window_stride": 32}
    return TextManifest.model_validate(_COMMON | fields | changes)


def image_manifest(**changes: Any) -> ImageManifest:
    fields = {
        "name": "image",
        "modality": "image",
        "labels": ["weapons"],
        "geometry": {"side": 32, "region_side": 8},
    }
    return ImageManifest.model_validate(_COMMON | fields | changes)


def joint_manifest(**changes: Any) -> JointManifest:
    fields = {
        "name": "joint",
        "modality": "joint",
        "labels": ["harmful-meme"],
        "text_bundle": DIGEST,
        "image_bundle": DIGEST,
        "text_size": 16,
        "image_size": 4,
    }
    return JointManifest.model_validate(_COMMON | fields | changes)
