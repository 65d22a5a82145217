"""References of evaluation data: what a bundle says of the held-out texts, before it has decided anything."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from monitoring.reference.reference import Reference

SEED: Final = 0
SPLIT: Final = "test"


def reference_of_data(data: Path, bundle: Path, max_rows: int) -> "Reference":
    """Score held-out texts as a server would and freeze what monitoring sees of them.

    Who posts where, what the policy does and how the server is are not known, so these columns are left out.

    Args:
        data: built data set.
        bundle: of texts.
        max_rows: texts to keep, drawn evenly.

    Raises:
        ReferenceWindowError: the data or the bundle cannot be read.

    """
    import tempfile
    from dataclasses import replace

    from models.runtime.bundle import BundleError
    from monitoring.errors import ReferenceWindowError
    from monitoring.reference.building import build_reference
    from monitoring.windows.columns import BY_NAME, Group
    from monitoring.windows.window import Period, Totals
    from scripts.bench.drift_pool import open_decider, score_texts
    from scripts.demo.posts import Post

    try:
        decider = open_decider(bundle)
        texts = _texts(data, max_rows)
    except (BundleError, OSError, ValueError) as error:
        raise ReferenceWindowError(f"cannot score {data} with {bundle}: {error}") from error
    with tempfile.TemporaryDirectory() as cache:
        outputs = score_texts(decider.classifier, texts, Path(cache), lambda _: None)
    window = decider.pool([Post(text, "evaluation", is_harmful=False) for text in texts], outputs, SEED).window
    unknown = [
        name
        for name in window.frame.columns
        if name in BY_NAME and BY_NAME[name].group not in (Group.TEXT, Group.PREDICTION) and name != "severity"
    ]
    frame = window.frame.drop(columns=[*unknown, "decided_at_us"])
    held_out = replace(window, period=Period(0, 1), frame=frame, totals=Totals())
    about = decider.bundle.reference
    return build_reference(
        held_out, about.digest, f"{about.name} {about.version}", "evaluation", created_at=_made_on(bundle)
    )


def _texts(data: Path, n: int) -> list[str]:
    """Held-out texts, at most so many."""
    import random

    from pyarrow import parquet

    from monitoring.errors import ReferenceWindowError

    files = sorted((data / "examples" / f"split={SPLIT}").glob("source=*/part-0.parquet"))
    if not files:
        raise ReferenceWindowError(f"no built data set in {data}; `weir data build` makes one")
    texts = [text for file in files for text in parquet.ParquetFile(file).read(columns=["text"])["text"].to_pylist()]
    chance = random.Random(SEED)
    return chance.sample(texts, min(n, len(texts)))


def _made_on(bundle: Path) -> datetime:
    """The day of the bundle, so that the same inputs make the same files."""
    import json

    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    return datetime.fromisoformat(str(manifest["created_on"])).replace(tzinfo=UTC)
