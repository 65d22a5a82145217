"""Foreign models: image classifiers that somebody else trained, from an ONNX file or a transformers model."""

import json
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import onnx

from models.export.errors import ExportError
from models.export.vision.wrapping import OutputKind

CONFIG_FILE: Final = "config.json"
PREPROCESSOR_FILE: Final = "preprocessor_config.json"
USUAL_RESCALE: Final = 1 / 255
RANK: Final = 4


@dataclass(frozen=True)
class ForeignModel:
    """A classifier and what its own files say of it; None for what they do not say.

    Attributes:
        name: what it was called.
        path: of the ONNX file.
        classes: names of its output columns.
        side: of its input, in pixels.
        mean: of its normalisation, by channel.
        std: the same.
        kind: what its output is.

    """

    name: str
    path: Path
    classes: tuple[str, ...] | None = None
    side: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    kind: OutputKind | None = None


@contextmanager
def foreign_model(source: str) -> Iterator[ForeignModel]:
    """Find a classifier; one that is not ONNX yet is exported by optimum into a folder that lives as long as the block.

    Args:
        source: an ONNX file, a folder of a transformers image classifier, or the id of one on the hub.

    Raises:
        ExportError: it cannot be found, read or exported.

    """
    path = Path(source)
    if path.suffix == ".onnx":
        if not path.is_file():
            raise ExportError(f"{path}: there is no such file")
        yield described(path.stem, path, path.parent)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _export(source, folder)
        yield described(path.name, folder / "model.onnx", folder)


def described(name: str, path: Path, folder: Path) -> ForeignModel:
    """A model with what `config.json` and `preprocessor_config.json` of a folder say of it."""
    config, preprocessor = _json(folder / CONFIG_FILE), _json(folder / PREPROCESSOR_FILE)
    if abs(preprocessor.get("rescale_factor", USUAL_RESCALE) - USUAL_RESCALE) > 1e-6:  # noqa: PLR2004
        raise ExportError(f"{PREPROCESSOR_FILE}: only a rescale_factor of 1/255 is understood")
    is_normal = preprocessor.get("do_normalize", True)
    names = config.get("id2label")
    multi_label = config.get("problem_type") == "multi_label_classification"
    transformers_kind = OutputKind.SIGMOID_LOGITS if multi_label else OutputKind.SOFTMAX_LOGITS
    return ForeignModel(
        name=name,
        path=path,
        classes=None if names is None else tuple(names[key] for key in sorted(names, key=int)),
        side=_side(preprocessor),
        mean=_channels(preprocessor.get("image_mean")) if is_normal else (0.0, 0.0, 0.0),
        std=_channels(preprocessor.get("image_std")) if is_normal else (1.0, 1.0, 1.0),
        kind=transformers_kind if "architectures" in config else None,
    )


def only_output(model: onnx.ModelProto) -> str:
    """The name of the one output of a classifier.

    Raises:
        ExportError: it has another number of them.

    """
    names = [one.name for one in model.graph.output]
    if len(names) == 1:
        return str(names[0])
    if "logits" in names:
        return "logits"
    raise ExportError(f"the model has {len(names)} outputs ({', '.join(names)}) and none is called logits")


def only_input(model: onnx.ModelProto, side: int, *, is_nchw: bool) -> str:
    """The name of the one input of a classifier, which takes any number of float32 pictures of this side.

    Raises:
        ExportError: it takes something else.

    """
    constants = {one.name for one in model.graph.initializer}
    inputs = [one for one in model.graph.input if one.name not in constants]
    if len(inputs) != 1:
        raise ExportError(f"the model has {len(inputs)} inputs; an image classifier has 1")
    tensor = inputs[0].type.tensor_type
    sizes = [one.dim_value for one in tensor.shape.dim]
    expected = (3, side, side) if is_nchw else (side, side, 3)
    if tensor.elem_type != onnx.TensorProto.FLOAT or len(sizes) != RANK:
        raise ExportError("the model's input is not float32 with four axes")
    if any(size not in (0, wanted) for size, wanted in zip(sizes[1:], expected, strict=True)):
        raise ExportError(f"the model takes pictures of {sizes[1:]}, not {list(expected)}; see --side and --layout")
    if sizes[0] != 0:
        raise ExportError(f"the model takes {sizes[0]} pictures at a time; export it with a dynamic batch axis")
    return str(inputs[0].name)


def _export(source: str, folder: Path) -> None:
    """Write `model.onnx` and the config files. What transformers and optimum raise has no common base."""
    from optimum.exporters.onnx import main_export

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            main_export(source, folder, task="image-classification", library_name="transformers", do_validation=False)
        except Exception as error:
            raise ExportError(
                f"{source}: not an image classifier that can be exported ({type(error).__name__})"
            ) from error


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        read = json.loads(path.read_bytes())
    except ValueError as error:
        raise ExportError(f"{path.name}: not JSON") from error
    if not isinstance(read, dict):
        raise ExportError(f"{path.name}: not an object")
    return read


def _side(preprocessor: dict[str, Any]) -> int | None:
    """A crop decides what the model sees; without one, the size of the resized picture."""
    size = preprocessor.get("crop_size") if preprocessor.get("do_center_crop") else preprocessor.get("size")
    if isinstance(size, dict):
        size = size.get("height", size.get("shortest_edge"))
    return size if isinstance(size, int) else None


def _channels(value: object) -> tuple[float, ...] | None:
    return tuple(float(one) for one in value) if isinstance(value, list) else None
