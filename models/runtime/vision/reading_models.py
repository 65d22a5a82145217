"""The models that read: the two ONNX files inside the rapidocr wheel, opened for serving.

Only the files are taken from rapidocr, not its pipeline, because that pipeline pads each line to the widest of its
batch (so that a text would depend on its neighbours), does not bound a picture's work, lets its sessions spin, keeps
code that downloads models and fonts, and costs 30 MB and 0.6 s more to import. What is read stays the same: the tests
compare the steps with rapidocr's own.

Source: PP-OCRv6 small (PaddleOCR, Apache-2.0) as packed in rapidocr 3.10.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import onnxruntime as ort

from models.runtime.vision.reading_errors import ReadingError

DETECTION_FILE: Final = "PP-OCRv6_det_small.onnx"
RECOGNITION_FILE: Final = "PP-OCRv6_rec_small.onnx"
LOG_ERRORS_ONLY: Final = 3


class ReadingModelsError(ReadingError):
    """The files that read text are missing, or onnxruntime does not accept them."""


def wheel_models() -> Path:
    """The folder with rapidocr's models. Finds the package without running it.

    Raises:
        ReadingModelsError: rapidocr is not installed.

    """
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise ReadingModelsError("rapidocr is not installed; its wheel holds the models that read text in pictures")
    return Path(spec.origin).parent / "models"


def open_model(path: Path, n_threads: int) -> ort.InferenceSession:
    """A session that neither spins nor keeps its largest batch in memory. Nothing is ever downloaded.

    Without onnxruntime's arena the memory of a large picture goes back when it is read; that costs at most 3 % of time.

    Raises:
        ReadingModelsError: the file is missing or is not a model.

    """
    if not path.is_file():
        raise ReadingModelsError(f"{path}: missing; the rapidocr wheel of version 3.10 holds it")
    options = ort.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = False
    options.log_severity_level = LOG_ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own classes, which have no common base
        raise ReadingModelsError(f"{path}: onnxruntime cannot open it ({type(error).__name__})") from error


def characters(session: ort.InferenceSession) -> tuple[str, ...]:
    """What each column of the recognition model stands for: the blank, the characters in the file, the space.

    Raises:
        ReadingModelsError: the file names no characters, or not as many as the model has columns.

    """
    listed = session.get_modelmeta().custom_metadata_map.get("character", "").splitlines()
    n_columns = session.get_outputs()[0].shape[-1]
    if len(listed) + 2 != n_columns:
        raise ReadingModelsError(f"the recognition model has {n_columns} columns, and {len(listed)} characters")
    return ("", *listed, " ")
