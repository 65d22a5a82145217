"""The shared vocabulary of Weir. Knows the standard library and pydantic, nothing else, ever."""

from models.contracts.bundle import (
    BundleManifest,
    Calibration,
    CalibrationTable,
    Encoder,
    IsotonicCalibration,
    OperatingPoint,
    PlattCalibration,
    Quantization,
    ThresholdTable,
)
from models.contracts.content import Content, ImageReference
from models.contracts.decision import (
    Action,
    BundleReference,
    Decision,
    ItemOutcome,
    PolicyReference,
    Reason,
)
from models.contracts.failures import FailureCode, ItemFailure
from models.contracts.records import DecisionRecord, TextFeatures
from models.contracts.scores import CategoryScore, ScoreStatus
from models.contracts.taxonomy import (
    CATEGORIES,
    DEFINITIONS,
    OPENAI_CATEGORIES,
    TAXONOMY,
    Category,
    CategoryDefinition,
    Modality,
)

__all__ = [
    "CATEGORIES",
    "DEFINITIONS",
    "OPENAI_CATEGORIES",
    "TAXONOMY",
    "Action",
    "BundleManifest",
    "BundleReference",
    "Calibration",
    "CalibrationTable",
    "Category",
    "CategoryDefinition",
    "CategoryScore",
    "Content",
    "Decision",
    "DecisionRecord",
    "Encoder",
    "FailureCode",
    "ImageReference",
    "IsotonicCalibration",
    "ItemFailure",
    "ItemOutcome",
    "Modality",
    "OperatingPoint",
    "PlattCalibration",
    "PolicyReference",
    "Quantization",
    "Reason",
    "ScoreStatus",
    "TextFeatures",
    "ThresholdTable",
]
