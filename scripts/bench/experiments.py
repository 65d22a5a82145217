"""Experiments: one choice of the text model's training changed at a time, from the same start, and what that costs.

    python -m scripts.bench.experiments --data build/data/text --write

`configs/experiments/text.toml` names a base configuration and the changes. Every run is short, resumes where it was
killed, and is scored on the same validation rows, plain and disguised by attacks that training does not use. The
difference to the base is given with a paired bootstrap interval. Short runs say which choice helps early, not how much
it helps at the end.
"""

import hashlib
import json
import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.contracts import Category
    from models.data.store import Examples
    from models.evaluation.results import Estimate
    from models.training.config import TrainingConfig

BASE: Final = "base"
PAGE: Final = Path("docs/experiments.md")
SECTION: Final = "text-ablations"


@dataclass(frozen=True)
class Experiment:
    """One run: its name, what it asks, its configuration, and the run that it is compared with."""

    name: str
    question: str
    config: "TrainingConfig"
    against: str = BASE


@dataclass(frozen=True)
class Row:
    """How one run compares: macro PR-AUC, and its lead over another on plain, thin and disguised rows."""

    experiment: Experiment
    macro: float
    plain: "Estimate | None"
    thin: "Estimate | None"
    disguised: "Estimate | None"


def run(
    plan: Annotated[Path, typer.Option(help="TOML: the base, and what each experiment sets.")] = Path(
        "configs/experiments/text.toml"
    ),
    data: Annotated[Path, typer.Option(help="The built data set.")] = Path("build/data/text"),
    runs: Annotated[Path, typer.Option(help="Folder of the runs; finished ones are not run again.")] = Path(
        "runs/experiments"
    ),
    rows: Annotated[int, typer.Option(min=500, help="Validation rows, an even share of every source.")] = 9_000,
    only: Annotated[list[str] | None, typer.Option(help="Run these alone, and the base.")] = None,
    write: Annotated[bool, typer.Option("--write", help=f"Put the table into {PAGE}.")] = False,
) -> None:
    """Train and compare every experiment of a plan."""
    every = read_plan(plan)
    wanted = {BASE, *(only or [one.name for one in every])}
    wanted |= {one.against for one in every if one.name in wanted}
    experiments = [one for one in every if one.name in wanted]
    held_out = _held_out(data, rows)
    scores = {one.name: _scores(one, data, runs / one.name, held_out) for one in experiments}
    table = render(compared(experiments, scores, held_out[0]), len(held_out[0].texts))
    Console().print(table, markup=False, soft_wrap=True)
    if write:
        from scripts.bench.document import write_section

        write_section(PAGE, SECTION, table)


def read_plan(path: Path) -> list[Experiment]:
    """The base first, then every experiment; keys of `set` and `unset` are dotted paths into the configuration."""
    from models.training.config import TrainingConfig

    plan = tomllib.loads(path.read_text(encoding="utf-8"))
    base: dict[str, Any] = tomllib.loads((path.parent / plan["base"]).read_text(encoding="utf-8"))
    changes = [{"name": BASE, "question": "-"}, *plan["experiments"]]
    return [
        Experiment(
            one["name"],
            one["question"],
            TrainingConfig.model_validate(_changed(base, one)),
            one.get("against", BASE),
        )
        for one in changes
    ]


def _changed(base: dict[str, Any], experiment: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {key: dict(value) if isinstance(value, dict) else value for key, value in base.items()}
    for path, value in experiment.get("set", {}).items():
        table, _, key = path.rpartition(".")
        (config.setdefault(table, {}) if table else config)[key] = value
    for path in experiment.get("unset", []):
        table, _, key = path.rpartition(".")
        config[table].pop(key)
    return config | {"name": experiment["name"]}


def _held_out(data: Path, n_rows: int) -> "tuple[Examples, list[str]]":
    """Validation rows that people wrote, and the same disguised by attacks of the benchmark."""
    from models.data.attacks import BENCHMARK_ATTACKS
    from models.data.examples import Split
    from models.data.store import load_split
    from models.runtime.normalization import normalize
    from models.training.material import take, validation_rows

    validation = load_split(data, Split.VALIDATION)
    chosen = take(validation, validation_rows(validation, n_rows))
    names = sorted(BENCHMARK_ATTACKS)
    disguised = []
    for row, text in enumerate(chosen.texts):
        chance = random.Random(row)
        disguised.append(normalize(BENCHMARK_ATTACKS[chance.choice(names)](text, chance)) or text)
    return chosen, disguised


def _scores(
    experiment: Experiment, data: Path, run_dir: Path, held_out: "tuple[Examples, list[str]]"
) -> "dict[str, NDArray[np.float32]]":
    """Logits by category column, of plain and disguised rows; trained and scored once, then read back.

    A run has weights once it is finished, as experiments are validated at their end alone.
    """
    import numpy as np

    from models.training.checkpoint import load_classifier
    from models.training.config import Precision
    from models.training.predict import predict_logits
    from models.training.run import train_text

    if not (run_dir / "best").is_dir():
        Console(stderr=True).print(f"training {experiment.name}")
        train_text(experiment.config, data, run_dir, lambda _: None)
    path = run_dir / f"scores-{scored_on(held_out[0].texts, held_out[1])}.npz"
    if not path.is_file():
        Console(stderr=True).print(f"scoring {experiment.name}")
        classifier = load_classifier(run_dir / "best")
        texts = {"plain": held_out[0].texts, "disguised": held_out[1]}
        found = {
            kind: _by_category(
                predict_logits(classifier, many, max_tokens=128, precision=Precision.BFLOAT16), classifier.labels
            )
            for kind, many in texts.items()
        }
        np.savez_compressed(path, plain=found["plain"], disguised=found["disguised"])
    with np.load(path) as saved:
        return {kind: saved[kind] for kind in saved.files}


def scored_on(plain: Sequence[str], disguised: Sequence[str]) -> str:
    """Twelve digits of what scores depend on beside the weights: the texts, their disguises, and how they are read."""
    from models.runtime.undisguise import READING

    return hashlib.sha256(json.dumps([READING, list(plain), list(disguised)]).encode()).hexdigest()[:12]


def _by_category(logits: "NDArray[np.float32]", labels: "tuple[Category, ...]") -> "NDArray[np.float32]":
    """Logits in the order of the taxonomy, NaN where there is no head. *Shape:* `(n, 16)`."""
    import numpy as np

    from models.contracts import CATEGORIES

    columns = np.full((len(logits), len(CATEGORIES)), np.nan, dtype=np.float32)
    columns[:, [CATEGORIES.index(label) for label in labels]] = logits[:, : len(labels)]
    return columns


def compared(
    experiments: list[Experiment], scores: "dict[str, dict[str, NDArray[np.float32]]]", rows: "Examples"
) -> list[Row]:
    """Each run beside the one it is compared with, on the categories that both score and that have enough positives."""
    import numpy as np

    from models.contracts import CATEGORIES, Category
    from models.evaluation.comparison import compare, macro

    strata = np.unique(np.asarray(rows.sources), return_inverse=True)[1]
    broad = {Category.HARASSMENT, Category.HATE, Category.TOXICITY, Category.PROFANITY, Category.SPAM}
    thin = [column for column, category in enumerate(CATEGORIES) if category not in broad]

    def lead(name: str, against: str, kind: str, columns: list[int]) -> "tuple[float, Estimate | None]":
        labels = np.full_like(rows.labels, -1)
        labels[:, columns] = rows.labels[:, columns]
        result = macro(
            compare(labels, {name: scores[name][kind], "other": scores[against][kind]}, strata, 0), [name, "other"]
        )
        return (result.systems[name].pr_auc.value, result.lead["other"]) if result else (float("nan"), None)

    every = list(range(len(CATEGORIES)))
    found = []
    for one in experiments:
        value, plain = lead(one.name, one.against, "plain", every)
        _, rare = lead(one.name, one.against, "plain", thin)
        _, disguised = lead(one.name, one.against, "disguised", every)
        found.append(Row(one, value, plain, rare, disguised))
    return found


def render(rows: list[Row], n_rows: int) -> str:
    """The table, as Markdown."""
    from scripts.bench.machine import describe_machine

    machine = describe_machine()
    setting = (
        f"`python -m scripts.bench.experiments`, {machine.date}, {machine.n_cores} cores of {machine.cpu}; "
        f"{n_rows:,} validation rows. Differences in macro PR-AUC to `base`, or to the run that is named in brackets, "
        "with paired 95 % intervals: over all categories, over the thin ones, and over all with every row "
        "disguised by an attack that training does not use."
    )
    lines = [
        setting,
        "",
        "| run | what it changes | macro PR-AUC | all | thin | disguised |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        cells = (
            [_cell(one) for one in (row.plain, row.thin, row.disguised)] if row.experiment.name != BASE else ["-"] * 3
        )
        one = row.experiment
        question = one.question if one.against == BASE else f"{one.question} (beside `{one.against}`)"
        lines.append(f"| {one.name} | {question} | {row.macro:.3f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(estimate: "Estimate | None") -> str:
    if estimate is None:
        return "too few rows"
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


if __name__ == "__main__":
    typer.run(run)
