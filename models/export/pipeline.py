"""The export, from a checkpoint to a verified bundle. Every step can stop it; nothing half-made is left behind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from models.contracts.bundle import CalibrationTable, Quantization, TextManifest, ThresholdTable
from models.contracts.taxonomy import Modality
from models.evaluation.arrays import LabelledRows
from models.evaluation.readout import Readout, fitted_readout
from models.export.card import CardFacts, TrainingSource, write_card
from models.export.conversion import OPSET, convert
from models.export.embedding_output import expose_embedding
from models.export.errors import ExportError
from models.export.int8 import Scheme, to_int8
from models.export.measurement import CategoryMeasurement, macro_pr_auc, macro_pr_auc_lost, measure_categories
from models.export.parity import Models, Parity, ParityLimits, measure_parity, read_corpus, require_parity
from models.export.parity import Readout as ParityReadout
from models.export.scoring import Report, onnx_run, pooled_logits, silent, torch_run
from models.export.token_output import expose_token_logits, require_token_logits
from models.export.writing import replaced_folder, write_manifest, write_model, write_tables
from models.runtime.bundle import MODEL_FILE, TextBundle, file_digest, load_text_bundle
from models.runtime.calibration import BatchCalibration, batch_calibration
from models.runtime.classifier import open_classifier, open_session
from models.runtime.normalization import normalize
from models.runtime.tokenization import TextTokenizer, TokenizedText
from models.runtime.undisguise import READING
from models.training.checkpoint import WEIGHTS, load_classifier
from models.training.classifier import TextClassifier
from models.training.errors import CheckpointError

WINDOW_STRIDE = 32
N_RANGE_TEXTS = 512
"""Texts whose activations set the ranges. More moved no range by a measurable amount of PR-AUC."""
N_TOKEN_TEXTS = 32
"""Texts whose token logits are compared with their logits: the check is of the graph, not of the weights."""
FLOAT_FILE = "float.onnx"


@dataclass(frozen=True)
class ExportData:
    """What the export reads of a dataset.

    Attributes:
        train_texts: set the activation ranges.
        calibration: fits calibration and thresholds, and measures what quantization cost.
        test: measured and reported.
        dataset_digest: of the dataset all three come from.
        sources: for the card.

    """

    train_texts: Sequence[str]
    calibration: LabelledRows
    test: LabelledRows
    dataset_digest: str
    sources: tuple[TrainingSource, ...]


@dataclass(frozen=True)
class ExportRequest:
    """What to export, and how.

    Attributes:
        checkpoint: a folder that training wrote.
        out: the bundle's folder; a bundle that is there is replaced.
        name, version: of the bundle.
        created_on: goes into the manifest.
        scheme: of quantization.
        limits: of the parity gates.
        seed: of the cross-validation that chooses calibration.
        previous_tokens: most tokens of a previous turn that the model reads, for a checkpoint that does not say it;
            None takes the checkpoint's word.

    """

    checkpoint: Path
    out: Path
    name: str
    version: str
    created_on: date
    scheme: Scheme = field(default_factory=Scheme)
    limits: ParityLimits = field(default_factory=ParityLimits)
    seed: int = 0
    previous_tokens: int | None = None


@dataclass(frozen=True)
class Exported:
    """A bundle that passed every gate, and what was measured on the way."""

    bundle: TextBundle
    parity: Parity
    measurements: tuple[CategoryMeasurement, ...]


@dataclass(frozen=True)
class _Candidate:
    """The three forms of one model, before anything is known about them."""

    classifier: TextClassifier
    tokenizer: TextTokenizer
    int8: onnx.ModelProto
    models: Models


def export_bundle(request: ExportRequest, data: ExportData, report: Report = silent) -> Exported:
    """Convert, quantize, calibrate, check and write a bundle.

    Raises:
        ExportError: the checkpoint cannot be used with this dataset, or `out` is taken.
        ParityError: a gate failed; no bundle is written.

    """
    classifier = _checkpoint(request, data)
    with replaced_folder(request.out) as folder:
        candidate = _candidate(request, data, classifier, folder, report)
        readout, lost = _read_out(request, data, candidate, report)
        parity = _parity(request, candidate, readout, lost)
        write_model(folder, candidate.int8, classifier.tokenizer)
        tables = _tables(readout)
        write_tables(folder, *tables)
        measurements = _measured(data.test, candidate, tables[0], report)
        manifest = _manifest(request, classifier, parity, measurements)
        facts = CardFacts(
            manifest=manifest,
            thresholds=tables[1],
            calibration_methods={label: choice.calibration.method for label, choice in readout.choices.items()},
            measurements=measurements,
            parity=parity,
            sources=data.sources,
        )
        write_manifest(folder, manifest, write_card(facts))
        _require_tokens(folder)
    bundle = load_text_bundle(request.out)
    open_classifier(bundle)
    return Exported(bundle, parity, measurements)


def _require_tokens(folder: Path) -> None:
    """Token logits of the finished bundle average to its logits."""
    classifier = open_classifier(load_text_bundle(folder))
    texts = classifier.prepare(read_corpus()[:N_TOKEN_TEXTS])
    require_token_logits(classifier, [text.windows[0] for text in texts])


def _checkpoint(request: ExportRequest, data: ExportData) -> TextClassifier:
    """Load, and refuse other data: its calibration rows may be rows that this model was trained on."""
    try:
        classifier = load_classifier(request.checkpoint)
    except CheckpointError as error:
        raise ExportError(str(error)) from error
    if classifier.dataset_digest != data.dataset_digest:
        raise ExportError("the checkpoint was trained on another dataset; name the one it was trained on with --data")
    return classifier


def _candidate(
    request: ExportRequest, data: ExportData, classifier: TextClassifier, folder: Path, report: Report
) -> _Candidate:
    scratch = folder.parent
    tokenizer = TextTokenizer(classifier.tokenizer, classifier.max_tokens, WINDOW_STRIDE, classifier.spelling)
    report("convert", 0, 1)
    convert(classifier, scratch / FLOAT_FILE)
    report("convert", 1, 1)
    config = classifier.encoder.config
    batches = range_batches(tokenizer, data.train_texts)
    report("quantize", 0, 1)
    int8 = to_int8(scratch / FLOAT_FILE, config.num_attention_heads, config.hidden_size, batches, request.scheme)
    int8 = expose_token_logits(expose_embedding(int8))
    onnx.save(int8, str(scratch / MODEL_FILE))
    report("quantize", 1, 1)
    models = Models(
        torch=torch_run(classifier),
        float_onnx=onnx_run(open_session(str(scratch / FLOAT_FILE))),
        int8=onnx_run(open_session(str(scratch / MODEL_FILE))),
    )
    return _Candidate(classifier, tokenizer, int8, models)


def range_batches(tokenizer: TextTokenizer, texts: Sequence[str], n: int = N_RANGE_TEXTS) -> list[NDArray[np.int64]]:
    """The first window of n texts spread evenly over the split, one by one, because padding is not text."""
    chosen = np.unique(np.linspace(0, len(texts) - 1, min(n, len(texts))).astype(np.int64))
    return [text.windows[0][np.newaxis, :] for text in tokenizer.tokenize([texts[index] for index in chosen])]


def _read_out(
    request: ExportRequest, data: ExportData, candidate: _Candidate, report: Report
) -> tuple[Readout, float | None]:
    """Fit maps and thresholds to the model that ships, and measure what it lost to the float model."""
    rows, labels = data.calibration, list(candidate.classifier.labels)
    texts = candidate.tokenizer.tokenize(list(rows.texts))
    int8 = pooled_logits(candidate.models.int8, texts, "calibrate", report)
    exact = pooled_logits(candidate.models.float_onnx, texts, "compare with float", report)
    lost = macro_pr_auc_lost(exact, int8, rows.labels, labels)
    return fitted_readout(int8, rows.labels, labels, request.seed), lost


def _parity(request: ExportRequest, candidate: _Candidate, readout: Readout, lost: float | None) -> Parity:
    corpus = candidate.tokenizer.tokenize([normalize(text) for text in read_corpus()])
    balanced = np.array([readout.balanced[label] for label in candidate.classifier.labels], dtype=np.float32)
    calibration = batch_calibration([choice.calibration for choice in readout.choices.values()])
    parity = measure_parity(candidate.models, corpus, ParityReadout(calibration, balanced), lost)
    require_parity(parity, request.limits)
    return parity


def _tables(readout: Readout) -> tuple[CalibrationTable, ThresholdTable]:
    maps = {label: choice.calibration for label, choice in readout.choices.items()}
    points = {label: dict(thresholds) for label, thresholds in readout.thresholds.items()}
    return CalibrationTable(categories=maps), ThresholdTable(categories=points)


def _measured(
    rows: LabelledRows, candidate: _Candidate, table: CalibrationTable, report: Report
) -> tuple[CategoryMeasurement, ...]:
    labels = candidate.classifier.labels
    texts: Sequence[TokenizedText] = candidate.tokenizer.tokenize(list(rows.texts))
    logits = pooled_logits(candidate.models.int8, texts, "measure on test", report)
    calibration: BatchCalibration = batch_calibration([table.categories[label] for label in labels])
    return measure_categories(logits, calibration.apply(logits), rows.labels, labels)


def _manifest(
    request: ExportRequest,
    classifier: TextClassifier,
    parity: Parity,
    measurements: tuple[CategoryMeasurement, ...],
) -> TextManifest:
    return TextManifest(
        name=request.name,
        version=request.version,
        modality=Modality.TEXT,
        labels=classifier.labels,
        auxiliary_labels=classifier.auxiliary_labels,
        max_tokens=classifier.max_tokens,
        window_stride=WINDOW_STRIDE,
        spelling=classifier.spelling,
        reading=READING if classifier.spelling == "undisguised" else 0,
        previous_tokens=classifier.previous_tokens if request.previous_tokens is None else request.previous_tokens,
        embedding_size=classifier.encoder.config.hidden_size,
        has_token_logits=True,
        opset=OPSET,
        quantization=Quantization(scheme=request.scheme.name, macro_pr_auc_lost=parity.macro_pr_auc_lost or 0.0),
        encoder=classifier.origin,
        files={},
        dataset_digest=classifier.dataset_digest,
        checkpoint_digest=file_digest(request.checkpoint / WEIGHTS),
        created_on=request.created_on.isoformat(),
        metrics=_metrics(parity, measurements),
    )


def _metrics(parity: Parity, measurements: tuple[CategoryMeasurement, ...]) -> dict[str, float]:
    """The headline numbers: on the test split, and of parity."""
    macro = macro_pr_auc(measurements)
    numbers = {
        "parity_highest_score_difference": parity.int8.highest,
        "parity_mean_score_difference": parity.int8.mean,
        "parity_batch_difference": parity.batch_difference,
    }
    if macro is not None:
        numbers["test_macro_pr_auc"] = macro
    return numbers | {f"test_pr_auc/{one.category}": one.pr_auc for one in measurements}
