"""Findings: every test of a check over one window, before correction."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from monitoring.drift import embeddings, failures, volume
from monitoring.drift.coded import DEPENDS_ON_LENGTH, Coded
from monitoring.drift.effects import Effects
from monitoring.drift.part import Part, decisive
from monitoring.drift.questions import ask, raised
from monitoring.drift.verdicts import Slice, Subject
from monitoring.windows.columns import BY_NAME, Group
from monitoring.windows.window import HOUR_US, Window

FROM_MODELS: Final = frozenset({Group.PREDICTION, Group.POLICY})
"""What cannot be compared when another bundle decided."""
TITLES: Final = {
    Subject.TEXT_EMBEDDING: "Meaning of texts",
    Subject.IMAGE_EMBEDDING: "Look of images",
    Subject.VOLUME: "Number of decisions",
    Subject.FAILURES: "Items without a decision",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at in one window.

    Attributes:
        part: the question that speaks for it, its p-value corrected for the other questions.
        coded: the window.
        part_of: the slice of the traffic.

    """

    subject: Subject
    name: str
    title: str
    part: Part
    coded: Coded
    part_of: Slice

    @property
    def horizon_h(self) -> float:
        """Hours of the window."""
        return hours_of(self.coded.window)


def hours_of(window: Window) -> float:
    """Length of a window in hours."""
    return max((window.period.end_us - window.period.start_us) / HOUR_US, 1e-6)


Noise = Mapping[int, Mapping[str, Mapping[str, float]]]
"""How much is usual: by hours, name and question."""


def arrange(noise: Mapping[str, float]) -> Noise:
    """A reference's noise, by hours, name and question instead of `name/question@hours`."""
    arranged: dict[int, dict[str, dict[str, float]]] = {}
    for key, value in noise.items():
        thing, _, hours = key.rpartition("@")
        # Names of scores hold a stroke too, and so may the words that a question asks for.
        name = max((n for n in (*BY_NAME, *Subject) if thing.startswith(f"{n}/")), key=len, default=thing)
        arranged.setdefault(int(hours), {}).setdefault(str(name), {})[thing[len(name) + 1 :]] = value
    return arranged


def usual(noise: Noise, hours: float) -> Mapping[str, Mapping[str, float]]:
    """By name and question, how much stretches of about this length, or shorter, differ in the reference itself."""
    if not noise:
        return {}
    return noise[max((length for length in noise if length <= hours), default=min(noise))]


def find(
    coded: Coded, part_of: Slice, settings: Effects, noise: Noise, *, models: bool, min_rows: int
) -> Iterator[Finding]:
    """Look at everything.

    Args:
        coded: the window.
        part_of: what part of the traffic it is.
        settings: how large a change must be.
        noise: of the reference.
        models: whether predictions and embeddings can be compared.
        min_rows: decisions that a window must hold for anything but volume and failures.

    """
    yield from _traffic(coded, part_of, settings)
    if coded.window.n_rows < min_rows:
        return
    known = usual(noise, hours_of(coded.window))
    for subject, name, title, parts in (
        *_columns(coded, settings, models=models),
        *(_embeddings(coded, settings, min_rows) if models else ()),
    ):
        part = decisive([raised(part, known.get(name, {})) for part in parts])
        if part is not None:
            yield Finding(subject, name, title, part, coded, part_of)


def _columns(coded: Coded, settings: Effects, *, models: bool) -> Iterator[tuple[Subject, str, str, list[Part]]]:
    names = compared(coded, models=models)
    columns = [(coded.cells(name), coded.questions(name), coded.counts(name)) for name in names]
    for name, parts in zip(names, ask(columns, settings), strict=True):
        yield Subject.COLUMN, name, BY_NAME[name].title, parts


def _embeddings(coded: Coded, settings: Effects, min_rows: int) -> Iterator[tuple[Subject, str, str, list[Part]]]:
    for subject, space in coded.prepared.spaces.items():
        rows, white = coded.white(subject)
        if len(rows) >= max(min_rows, embeddings.MIN_ROWS):
            parts = embeddings.compare(space, white, coded.weights[rows], settings)
            yield subject, subject.value, TITLES[subject], parts


def compared(coded: Coded, *, models: bool) -> list[str]:
    """Columns that both sides hold; scores also where the window lost them, for that is a change."""
    names = [name for name in coded.prepared.cells if models or BY_NAME[name].group not in FROM_MODELS]
    if coded.outlasts:
        names = [name for name in names if name not in DEPENDS_ON_LENGTH]
    return [name for name in names if coded.holds(name) or _is_lost(coded, name)]


def _is_lost(coded: Coded, name: str) -> bool:
    return BY_NAME[name].group is Group.PREDICTION and name in coded.window.frame.columns


def _traffic(coded: Coded, part_of: Slice, settings: Effects) -> Iterator[Finding]:
    """Volume and failures, which are known of all of the traffic only."""
    if part_of.column is not None:
        return
    if coded.prepared.rhythm is not None:
        part = volume.compare(coded.prepared.rhythm, coded.window, settings)
        yield Finding(Subject.VOLUME, "volume", TITLES[Subject.VOLUME], part, coded, part_of)
    failed = failures.compare(coded.prepared.window, coded.window, settings)
    if failed is not None:
        yield Finding(Subject.FAILURES, "failures", TITLES[Subject.FAILURES], failed, coded, part_of)
