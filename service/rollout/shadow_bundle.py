"""The shadow bundle: scores texts after their answers, with what time is left, and records what it would have done.

It never affects an answer. Texts wait in a short queue in memory and are dropped, and counted, when it is full; one
thread of the lowest priority scores them, one window after the other; errors are counted and logged without content.
"""

import contextlib
import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import orjson
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from service.asking import Decided
from service.bundles import LoadedModel, load_text_model
from service.faults import describe
from service.judges import Judges
from service.moderator import Judgement
from service.policy.compiled import CompiledPolicy
from service.policy.compiling import Scoring, compile_policy
from service.records.inserting import insert_rows
from service.records.ledger import write_transaction
from service.records.writer import Write
from service.rollout.documents import reopen
from service.rollout.judging_again import again_from
from service.rollout.shadow_store import ShadowStore
from service.rollout.shadowing import FAILED, OnJudged, ShadowRow, active_version, compared, is_sampled, shadow_row
from service.rollout.store import PolicyStore
from service.rollout.tables import shadow_decisions
from service.rollout.values import ShadowKind
from service.scorer import Scorer

MAX_WAITING: Final = 256
"""Texts in memory that wait for the shadow."""
GROUP: Final = 32
"""Rows in one transaction."""
POLL_S: Final = 0.5
JOIN_S: Final = 10.0
NICEST: Final = 19
PROB_DECIMALS: Final = 6

logger: Final = logging.getLogger("bentoml.weir.rollout")


class Choice(NamedTuple):
    """Which bundle is to run beside, for which share of decisions."""

    folder: Path
    share: float


class Running(NamedTuple):
    """A bundle that is open."""

    choice: Choice
    model: LoadedModel
    policies: dict[str, CompiledPolicy]
    """By version: with this bundle's operating points."""


class ShadowBundle:
    """Runs a text bundle beside the one that serves: `start` it, `close` it; it is a decision hook as well.

    Attributes:
        n_scored: texts that the shadow scored.
        n_dropped: texts that did not fit into its queue.
        n_failures: texts that it could not score, and bundles that it could not open.

    """

    def __init__(
        self,
        database: Engine,
        judges: Judges,
        by_default: Choice | None,
        load: Callable[[Path], LoadedModel] = load_text_model,
        on_judged: OnJudged = lambda _: None,
    ) -> None:
        self._database = database
        self._judges = judges
        self._by_default = by_default
        self._load = load
        self._on_judged = on_judged
        self._waiting: queue.Queue[Decided] = queue.Queue(MAX_WAITING)
        self._running: Running | None = None
        self._chosen: Choice | None = None
        self._revision: int | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shadow-bundle", daemon=True)
        self.n_scored = 0
        self.n_dropped = 0
        self.n_failures = 0

    def __call__(self, decided: Decided) -> Write | None:
        """Take a plain text in once its decision is being written; None where no bundle runs."""
        running = self._running
        if running is None or not isinstance(decided.outcome, Judgement):
            return None
        if not is_sampled(decided.decision_id, running.choice.share):
            return None
        return lambda _: self._take(decided)

    def start(self) -> None:
        """Start to look for a bundle to run, and to run it."""
        self._thread.start()

    def close(self) -> None:
        """Stop; what waits is dropped."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)
        if self.n_dropped:
            logger.warning("the shadow bundle scored %d texts and dropped %d", self.n_scored, self.n_dropped)

    def refresh(self) -> None:
        """Open the bundle that is to run now, if it is another one. The thread does this by itself."""
        self._revision = self._judges.lineup.revision
        setting = ShadowStore(self._database).settings().get(ShadowKind.BUNDLE)
        choice = self._by_default if setting is None else Choice(Path(setting.target), setting.share)
        if choice != self._chosen:
            self._chosen, self._running = choice, None
            self._running = None if choice is None else self._open(choice)

    def score_waiting(self) -> int:
        """Score what waits, at most a group of it, and write it down; returns how many rows."""
        running = self._running
        rows: list[ShadowRow] = []
        with contextlib.suppress(queue.Empty):
            while len(rows) < GROUP and not self._closing.is_set():
                decided = self._waiting.get_nowait()
                if running is not None and (row := self._judge(running, decided)) is not None:
                    rows.append(row)
        if rows:
            self._write(rows)
        return len(rows)

    def _take(self, decided: Decided) -> None:
        try:
            self._waiting.put_nowait(decided)
        except queue.Full:
            self.n_dropped += 1
            self._on_judged("dropped")

    def _run(self) -> None:
        _be_nice()
        while not self._closing.is_set():
            try:
                if self._revision != self._judges.lineup.revision:
                    self.refresh()
                if not self.score_waiting():
                    self._closing.wait(POLL_S)
            except Exception as error:  # noqa: BLE001 - a shadow never stands in anybody's way
                self._failed("the shadow bundle failed", error)
                self._closing.wait(POLL_S)

    def _open(self, choice: Choice) -> Running | None:
        try:
            return Running(choice, self._load(choice.folder), {})
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the bundle, serving goes on
            self._failed(f"the shadow bundle in {choice.folder} cannot be opened", error)
            return None

    def _judge(self, running: Running, decided: Decided) -> ShadowRow | None:
        model = running.model
        try:
            probs = score_text(model.scorer, decided.text, decided.previous if model.reads_previous else None)
            verdict = self._policy(running, active_version(decided)).judge_text(probs, decided.facts)
        except Exception as error:  # noqa: BLE001 - it would have been that text's failure
            self._failed("the shadow bundle could not score a text", error)
            return None
        self.n_scored += 1
        again = again_from(verdict)
        self._on_judged(compared(decided, again))
        scores = orjson.dumps(dict(zip((label.value for label in model.scorer.labels), probs, strict=True))).decode()
        return shadow_row(decided, model.bundle.digest, again, scores)

    def _policy(self, running: Running, version: str) -> CompiledPolicy:
        """The policy that decided, with this bundle's operating points."""
        if version not in running.policies:
            model = running.model
            scoring = Scoring(model.bundle.digest, model.scorer.labels, model.thresholds)
            document = reopen(PolicyStore(self._database).policy(version))
            running.policies[version] = compile_policy(document, [scoring])
        return running.policies[version]

    def _write(self, rows: Sequence[ShadowRow]) -> None:
        """Together; one by one where a decision was heard twice, as its transaction had to be tried again."""
        try:
            with write_transaction(self._database) as connection:
                insert_rows(connection, shadow_decisions, rows)
        except IntegrityError:
            for row in rows:
                with write_transaction(self._database) as connection:
                    if not _is_written(connection, row):
                        insert_rows(connection, shadow_decisions, [row])

    def _failed(self, what: str, error: Exception) -> None:
        self.n_failures += 1
        self._on_judged(FAILED)
        logger.error("%s: %s", what, describe(error))


def score_text(scorer: Scorer, text: str, previous: str | None = None) -> list[float]:
    """Calibrated probabilities of one text, read after the turn before it, as the batcher has them.

    One window at a time, to stay out of the way.

    Raises:
        ValueError: A score is not a number.

    """
    (prepared,) = scorer.prepare([text], [previous]) if previous else scorer.prepare([text])
    logits = np.stack([scorer.infer([window])[0] for window in prepared.windows]).max(axis=0)
    probs = scorer.probabilities(logits[np.newaxis]).astype(np.float64).round(PROB_DECIMALS)[0]
    if not np.isfinite(probs).all():
        raise ValueError("the model gave a score that is not a number")
    found: list[float] = probs.tolist()
    return found


def _is_written(connection: Connection, row: ShadowRow) -> bool:
    table = shadow_decisions.c
    ours = (table.decision_id == row[0]) & (table.shadow == row[1])
    return connection.execute(select(table.decision_id).where(ours)).first() is not None


def _be_nice() -> None:
    """Give this thread the lowest priority where the system has one for threads."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICEST)
