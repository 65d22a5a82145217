"""The export of a joint model: from a run on memes to a verified bundle. Float is fine: it is a few small products."""

import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.contracts.bundle import CalibrationTable, Encoder, JointManifest, Quantization, ThresholdTable
from models.contracts.taxonomy import Category
from models.evaluation.calibration import choose_calibration
from models.evaluation.false_alarms import flagged_across_worlds, lifted
from models.evaluation.metrics import areas
from models.evaluation.reliability import expected_calibration_error
from models.evaluation.thresholds import choose_thresholds
from models.export.errors import ExportError, ParityError
from models.export.joint_card import JointCardFacts, JointMeasurement, write_joint_card
from models.export.parity import failed_gates
from models.export.writing import replaced_folder, write_manifest, write_tables
from models.runtime.bundle import MODEL_FILE, ImageBundle, JointBundle, TextBundle, file_digest, load_joint_bundle
from models.runtime.calibration import apply_calibration
from models.runtime.classifier import open_session
from models.runtime.fusion import INPUTS, OUTPUT, open_joint_classifier
from models.training.errors import CheckpointError
from models.training.fusion import FusionInputs, FusionNet, fusion_logits
from models.training.memes.checkpoint import WEIGHTS, RunFacts, RunScores, load_facts, load_net, load_scores

OPSET: Final = 17
LABEL: Final = Category.HARMFUL_MEME
AUXILIARY_LABEL: Final = "aux/very-harmful"
MAX_DIFFERENCE: Final = 1e-4
"""Between torch and onnxruntime, and between a post alone and in a batch, in logits: rounding."""
_N_CHECKED: Final = 64


@dataclass(frozen=True)
class JointRequest:
    """What to export, and how.

    Attributes:
        run: a folder that `train_memes` wrote.
        out: the bundle's folder; a bundle that is there is replaced.
        name, version: of the bundle.
        created_on: goes into the manifest.
        text, image: the bundles that it stands on.

    """

    run: Path
    out: Path
    name: str
    version: str
    created_on: date
    text: TextBundle
    image: ImageBundle


@dataclass(frozen=True)
class JointExported:
    """A bundle that passed its gates, and what was measured on held-out rows."""

    bundle: JointBundle
    measurement: JointMeasurement


def export_joint(request: JointRequest) -> JointExported:
    """Convert, calibrate, check and write a joint bundle.

    Raises:
        ExportError: the run is incomplete or stands on other bundles, or `out` is taken.
        ParityError: the written model does not say what the trained one says; no bundle is written.

    """
    try:
        facts, scores, net = load_facts(request.run), load_scores(request.run), load_net(request.run)
    except CheckpointError as error:
        raise ExportError(str(error)) from error
    _require_parts(request, facts)
    calibration, thresholds, measurement = _read_out(facts, scores)
    with replaced_folder(request.out) as folder:
        convert_joint(net, folder / MODEL_FILE)
        _require_parity(net, folder / MODEL_FILE)
        write_tables(folder, calibration, thresholds)
        manifest = _manifest(request, facts, net, measurement)
        card = JointCardFacts(
            manifest=manifest,
            thresholds=thresholds,
            calibration_method=calibration.categories[LABEL].method,
            measurement=measurement,
            label_disagreement=facts.label_disagreement,
            n_groups=facts.n_groups,
        )
        write_manifest(folder, manifest, write_joint_card(card))
    bundle = load_joint_bundle(request.out)
    open_joint_classifier(bundle)
    return JointExported(bundle, measurement)


def convert_joint(net: FusionNet, path: Path) -> None:
    """Write a network as a float32 ONNX model with any number of rows."""
    n_words, n_picture = len(net.member.words.mean), len(net.member.picture.mean)
    rows = (torch.ones(2, n_words), torch.ones(2, n_words), torch.ones(2, n_picture))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter announces its successor, which needs another package
        torch.onnx.export(
            net.eval(),
            rows,
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes={name: {0: "n"} for name in (*INPUTS, OUTPUT)},
        )


def _require_parts(request: JointRequest, facts: RunFacts) -> None:
    wanted = (("text", facts.text_bundle, request.text.digest), ("image", facts.image_bundle, request.image.digest))
    for kind, expected, given in wanted:
        if expected != given:
            raise ExportError(f"the run was trained on the {kind} bundle {expected[:12]}, not on {given[:12]}")


def _read_out(facts: RunFacts, scores: RunScores) -> tuple[CalibrationTable, ThresholdTable, JointMeasurement]:
    """Fit map and thresholds to held-out logits of memes and ordinary posts, and measure on the memes."""
    memes, ordinary = scores.read[facts.ships], scores.ordinary[facts.ships]
    logits = np.concatenate([memes, ordinary])
    labels = np.concatenate([scores.harmful, np.zeros(len(ordinary), dtype=np.bool_)]).astype(np.int64)
    chosen = choose_calibration(logits, labels, seed=0).calibration
    probs, ordinary_probs = apply_calibration(memes, chosen), apply_calibration(ordinary, chosen)
    lowest = choose_thresholds(apply_calibration(logits, chosen), labels)
    points = lifted(lowest, ordinary_probs)
    flagged = flagged_across_worlds(lowest, ordinary_probs, scores.ordinary_world)
    worlds = np.unique(scores.ordinary_world)
    harmful = scores.harmful.astype(np.int64)
    ranked = areas(memes, harmful)
    measurement = JointMeasurement(
        n_memes=facts.n_memes,
        n_harmful=facts.n_harmful,
        n_ordinary=facts.n_ordinary,
        n_worlds=len(worlds),
        pr_auc=float(ranked.pr_auc[0]),
        roc_auc=float(ranked.roc_auc[0]),
        calibration_error=expected_calibration_error(probs, harmful),
        found={point: _share(probs[scores.harmful], bar) for point, bar in points.items()},
        false_on_memes={point: _share(probs[~scores.harmful], bar) for point, bar in points.items()},
        false_on_ordinary={point: float(rows.mean()) for point, rows in flagged.items()},
        false_on_news={point: float(rows[scores.ordinary_news].mean()) for point, rows in flagged.items()},
        false_in_worst_world={
            point: max(float(rows[scores.ordinary_world == world].mean()) for world in worlds)
            for point, rows in flagged.items()
        },
    )
    return CalibrationTable(categories={LABEL: chosen}), ThresholdTable(categories={LABEL: points}), measurement


def _share(probs: NDArray[np.float64], threshold: float) -> float:
    return float((probs >= threshold).mean())


def _require_parity(net: FusionNet, path: Path) -> None:
    """The model on disk answers as the network does, for rows of all kinds, alone and in a batch."""
    session, rows = open_session(str(path)), _checked_rows(net)

    def run(inputs: FusionInputs) -> NDArray[np.float32]:
        values = dict(zip(INPUTS, (inputs.text, inputs.image_text, inputs.image), strict=True))
        logits: NDArray[np.float32] = session.run((OUTPUT,), values)[0]
        return logits

    together = run(rows)
    alone = np.concatenate([run(rows.rows(np.array([index]))) for index in range(len(rows))])
    gates = (
        ("ONNX against torch", float(np.abs(together - fusion_logits(net, rows)).max()), MAX_DIFFERENCE),
        ("a post alone against in a batch", float(np.abs(together - alone).max()), MAX_DIFFERENCE),
    )
    if failures := failed_gates(gates):
        raise ParityError(failures)


def _checked_rows(net: FusionNet) -> FusionInputs:
    """Rows like those of the training set, every combination of absent inputs among them."""
    random = np.random.default_rng(0)

    def drawn(part: str, keep: NDArray[np.bool_]) -> NDArray[np.float32]:
        inputs = getattr(net.member, part)
        mean, scale = inputs.mean.numpy(), inputs.scale.numpy()
        spread = 1.0 / (scale * len(mean) ** 0.5)
        values = mean + spread * random.normal(size=(_N_CHECKED, len(mean)))
        return np.where(keep[:, np.newaxis], values, 0.0).astype(np.float32)

    bits = np.arange(_N_CHECKED)
    return FusionInputs(drawn("words", bits & 1 > 0), drawn("words", bits & 2 > 0), drawn("picture", bits & 4 > 0))


def _manifest(request: JointRequest, facts: RunFacts, net: FusionNet, measurement: JointMeasurement) -> JointManifest:
    text, image = request.text.manifest, request.image.manifest
    return JointManifest(
        name=request.name,
        version=request.version,
        modality="joint",
        labels=(LABEL,),
        auxiliary_labels=(AUXILIARY_LABEL,),
        text_bundle=request.text.digest,
        image_bundle=request.image.digest,
        text_size=len(net.member.words.mean),
        image_size=len(net.member.picture.mean),
        opset=OPSET,
        quantization=Quantization(scheme="none (float32)", macro_pr_auc_lost=0.0),
        encoder=Encoder(
            name=f"{text.name} {text.version} and {image.name} {image.version}",
            source="the bundles named by digest",
            licence="as theirs",
        ),
        files={},
        dataset_digest=facts.dataset_digest,
        checkpoint_digest=file_digest(request.run / WEIGHTS),
        created_on=request.created_on.isoformat(),
        metrics={
            "held_out_pr_auc/harmful-meme": measurement.pr_auc,
            "held_out_roc_auc/harmful-meme": measurement.roc_auc,
            "held_out_calibration_error/harmful-meme": measurement.calibration_error,
            **{
                f"false_alarms_on_ordinary_posts/{point}": share
                for point, share in measurement.false_on_ordinary.items()
            },
        },
    )
