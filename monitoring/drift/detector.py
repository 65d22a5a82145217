"""The detector: a reference and some windows in, one verdict out.

Every column, embedding, the volume and the failures are tested in every window; the p-values are corrected together
(Holm); a change is real when chance would show it less than once in a hundred days and when it is large enough to
matter, here and compared with what is usual in the reference itself.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from monitoring.drift.advice import advise
from monitoring.drift.coded import Coded
from monitoring.drift.correction import Float64s, holm
from monitoring.drift.effects import Effects
from monitoring.drift.findings import Finding, Noise, arrange, find
from monitoring.drift.fitness import Fitness, examine
from monitoring.drift.onset import exhibits, since
from monitoring.drift.prepared import Prepared, prepare
from monitoring.drift.slicing import part_of, values_of
from monitoring.drift.verdicts import Change, DriftVerdict, Slice, Status
from monitoring.drift.wording import was_and_now
from monitoring.errors import MonitoringError
from monitoring.reference.reference import Reference
from monitoring.windows.window import Window

_KEPT: Final = 16
"""References and their slices that stay prepared."""
SLICED_BY: Final = ("tenant", "surface", "language")


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """How sure and how large.

    Attributes:
        false_alarms_per_day: how often a day without a change may have one, as a share of days.
        slices_share: of these false alarms that checks of slices may spend; the rest is for all of the traffic.
        looks_per_day: checks a day; the level of one check is the day's over them (Bonferroni over time).
        effects: how large a change must be.
        min_rows: decisions that a window needs to be tested; below, only volume and failures are.
        clear_rows: decisions that the longest window needs before "nothing changed" may be said.
        max_exhibits: decisions named with a change.

    """

    false_alarms_per_day: float = 0.01
    slices_share: float = 0.5
    looks_per_day: int = 24
    effects: Effects = field(default_factory=Effects)
    min_rows: int = 100
    clear_rows: int = 500
    max_exhibits: int = 20

    @property
    def level(self) -> float:
        """The chance of a false change in one check of all of the traffic."""
        return self.false_alarms_per_day * (1.0 - self.slices_share) / self.looks_per_day

    @property
    def slices_level(self) -> float:
        """The same in one check of all slices together."""
        return self.false_alarms_per_day * self.slices_share / self.looks_per_day


class Detector:
    """Checks windows against references; keeps what it computed of a reference.

    Args:
        settings: how sure and how large.

    """

    def __init__(self, settings: DetectorSettings | None = None) -> None:
        self.settings = settings or DetectorSettings()
        self._noise: dict[str, Noise] = {}
        self._prepared: OrderedDict[tuple[str, Slice], Prepared] = OrderedDict()

    def check(self, reference: Reference, windows: Sequence[Window], *, part: Slice | None = None) -> DriftVerdict:
        """Compare windows of one traffic, usually nested ones that end now, with their reference.

        Args:
            reference: what is usual.
            windows: of different lengths; the verdict is over all of them, dated by the longest.
            part: the slice that the windows were read for; the reference is cut to it.

        Raises:
            MonitoringError: there is no window.

        """
        ordered = _longest_first(windows)
        part = part or Slice()
        fitness = examine(self._prepare(reference, part), reference, ordered, self.settings)
        findings = self._look(reference, ordered, part, fitness)
        adjusted = holm(np.array([finding.part.p_value for finding in findings]))
        level = self.settings.level if part == Slice() else self.settings.slices_level
        return self._judge(reference, ordered, findings, fitness, adjusted, level)

    def check_slices(
        self,
        reference: Reference,
        windows: Sequence[Window],
        *,
        columns: Sequence[str] = SLICED_BY,
        max_values: int = 5,
    ) -> list[DriftVerdict]:
        """Check the largest slices by each column as well; their tests are corrected together.

        Args:
            reference: what is usual.
            windows: of all of the traffic; they are cut here.
            columns: to slice by.
            max_values: of each column, the most frequent.

        Returns:
            A verdict a slice that both sides have enough decisions of.

        """
        ordered = _longest_first(windows)
        looked: list[tuple[list[Window], list[Finding], Fitness]] = []
        for part in self._slices(reference, ordered[0], columns, max_values):
            cut = [part_of(window, part) for window in ordered]
            fitness = examine(self._prepare(reference, part), reference, cut, self.settings)
            looked.append((cut, self._look(reference, cut, part, fitness), fitness))
        adjusted = holm(np.array([finding.part.p_value for _, findings, _ in looked for finding in findings]))
        verdicts, start = [], 0
        for cut, findings, fitness in looked:
            here = adjusted[start : start + len(findings)]
            start += len(findings)
            verdicts.append(self._judge(reference, cut, findings, fitness, here, self.settings.slices_level))
        return verdicts

    def _slices(self, reference: Reference, window: Window, columns: Iterable[str], max_values: int) -> Iterable[Slice]:
        for column in columns:
            known = set(values_of(reference.window, column, self.settings.clear_rows))
            values = [value for value in values_of(window, column, self.settings.min_rows) if value in known]
            yield from (Slice(column=column, value=value) for value in values[:max_values])

    def _prepare(self, reference: Reference, part: Slice) -> Prepared:
        key = reference.id, part
        if key not in self._prepared:
            self._prepared[key] = prepare(part_of(reference.window, part), reference.by_length)
        self._prepared.move_to_end(key)
        while len(self._prepared) > _KEPT:
            self._prepared.popitem(last=False)
        return self._prepared[key]

    def _usual(self, reference: Reference) -> Noise:
        if reference.id not in self._noise:
            self._noise = {reference.id: arrange(reference.noise)}
        return self._noise[reference.id]

    def _look(self, reference: Reference, windows: Sequence[Window], part: Slice, fitness: Fitness) -> list[Finding]:
        prepared, outer = self._prepare(reference, part), None
        findings: list[Finding] = []
        noise = self._usual(reference)
        for window, models in zip(windows, fitness.models, strict=True):
            coded = Coded(prepared, window, outer)
            outer = outer or coded
            findings += find(coded, part, self.settings.effects, noise, models=models, min_rows=self.settings.min_rows)
        return findings

    def _judge(
        self,
        reference: Reference,
        windows: Sequence[Window],
        findings: Sequence[Finding],
        fitness: Fitness,
        adjusted: Float64s,
        level: float,
    ) -> DriftVerdict:
        longest = next((f.coded for f in findings if f.coded.window is windows[0]), None)
        changes = [
            self._change(finding, float(p), longest, level) for finding, p in zip(findings, adjusted, strict=True)
        ]
        changes.sort(key=lambda change: (not change.is_real, change.p_adjusted, -_weight(change)))
        status = Status.CHANGED if any(change.is_real for change in changes) else fitness.status
        return DriftVerdict(
            status=status if changes or status is not Status.CLEAR else Status.UNDETERMINED,
            reference_id=reference.id,
            bundle=reference.bundle,
            start=windows[0].period.start,
            end=windows[0].period.end,
            n_decisions=windows[0].n_decisions,
            n_tests=len(changes),
            changes=tuple(changes),
            reasons=fitness.reasons,
        )

    def _change(self, finding: Finding, p_adjusted: float, longest: Coded | None, level: float) -> Change:
        part = finding.part
        is_real = p_adjusted <= level and part.matters
        was, now = was_and_now(finding) if is_real else ("", "")
        return Change(
            subject=finding.subject,
            name=finding.name,
            title=finding.title,
            slice=finding.part_of,
            horizon_h=finding.horizon_h,
            method=f"{part.method}: {part.name}",
            statistic=part.statistic,
            p_value=min(1.0, part.p_value),
            p_adjusted=min(1.0, p_adjusted),
            effect=part.effect,
            effect_name=part.effect_name,
            effect_threshold=part.effect_threshold,
            is_real=is_real,
            direction=part.direction,
            was=was,
            now=now,
            since=since(finding, longest or finding.coded) if is_real else None,
            decision_ids=exhibits(finding, self.settings.max_exhibits) if is_real else (),
            advice=advise(finding) if is_real else "",
        )


def _longest_first(windows: Sequence[Window]) -> list[Window]:
    if not windows:
        raise MonitoringError("a check needs at least one window: read one first")
    return sorted(windows, key=lambda window: window.period.start_us - window.period.end_us)


def _weight(change: Change) -> float:
    """How many times the smallest effect that matters."""
    return change.effect / max(change.effect_threshold, 1e-12)
