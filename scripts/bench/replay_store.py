"""A store for the benchmark of replays: a million decisions in the shape in which the service writes them.

The scores are those of the benchmark's texts by the bundle that serves, moved a little for every decision, so that as
many reach a threshold as in real traffic. The rows are made by the decision log itself; only their times and ids are
spread over a week.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from models.contracts import Audience, Author, Context, Modality, ScoreSource
from scripts.bench.corpus import load_texts
from service.bundles import LoadedModels, load_models
from service.identity import UuidSource
from service.panel import BOTH, IMAGE, Opinion, Panel, build_panel
from service.policy.document import load_policy
from service.policy.facts import Facts
from service.records.inserting import insert_rows
from service.records.ledger import write_transaction
from service.records.log import DecisionLog, Occasion, name_deciders, open_log
from service.records.schema import open_database
from service.records.tables import Row, decisions
from service.settings import Settings
from service.ticket import Scored

WEEK_US: Final = 7 * 86_400_000_000
PICTURED: Final = 0.02
"""Share of items with an image."""
SAID: Final = 0.3
"""Share of items of which the caller says something."""
NOISE: Final = 0.3
"""Standard deviation of what is added to a logit."""
GROUP: Final = 10_000
_N_CONTEXTS: Final = 200
_SURFACES: Final = ("feed", "comments", "chat", "listings")


@dataclass(frozen=True)
class Maker:
    """Makes rows."""

    panel: Panel
    log: DecisionLog
    scored: list[Scored]
    contexts: list[Context]
    random: Random

    def row(self, at_us: int) -> Row:
        """One decision at this time."""
        scored, context = self.random.choice(self.scored), self._context()
        began = time.perf_counter()
        facts = Facts(f"tenant-{self.random.randrange(20)}", "decisions", context)
        occasion = Occasion(facts.tenant, facts.surface, began, context=context)
        if self.random.random() < PICTURED:
            return _at(self._pictured(scored, facts, occasion), at_us)
        judgement = self.panel.moderator.judge(scored, facts)
        return _at(self.log.text_row(judgement, scored, occasion), at_us)

    def _pictured(self, scored: Scored, facts: Facts, occasion: Occasion) -> Row:
        """Half of the items have a text; what the models see in the pictures is drawn."""
        has_text = self.random.random() < 0.5  # noqa: PLR2004
        opinions = [*self._opinions(scored, has_text=has_text)]
        kinds = frozenset({Modality.IMAGE, *([Modality.TEXT] if has_text else [])})
        facts = Facts(facts.tenant, facts.endpoint, facts.context, kinds)
        ruling = self.panel.decide(opinions, facts=facts)
        features = scored.features if has_text else None
        return self.log.decision_row(
            ruling.decision, ruling.decider_id, occasion, scored.text, features, signals=ruling.signals
        )

    def _opinions(self, scored: Scored, *, has_text: bool) -> Iterator[Opinion]:
        if has_text:
            yield self.panel.text.opinion(ScoreSource.TEXT, scored.probs)
        for seat in self.panel.images:
            yield seat.opinion(ScoreSource.IMAGE, [self.random.betavariate(0.2, 3) for _ in seat.labels], 0, IMAGE)
        if self.panel.joint is not None:
            probs = [self.random.betavariate(0.5, 3) for _ in self.panel.joint.labels]
            yield self.panel.joint.opinion(ScoreSource.JOINT, probs, 0, BOTH)

    def _context(self) -> Context:
        return self.random.choice(self.contexts) if self.random.random() < SAID else Context(surface="feed")


def make_store(path: Path, bundles: Path, policy: Path, n_decisions: int, advance: Callable[[int], None]) -> str:
    """Write a store; returns its URL.

    Args:
        path: of the SQLite file.
        bundles: that score.
        policy: that decides.
        n_decisions: to write, spread evenly over the last week.
        advance: told how many more are written.

    """
    settings = Settings(database_url=f"sqlite:///{path}", bundles=bundles, policy=policy)
    models = load_models(bundles)
    document = load_policy(policy)
    database = open_database(settings.database_url)
    panel = build_panel(document, models, UuidSource())
    panel.register(*name_deciders(database, document, models.bundles, models.thresholds))
    log = open_log(database, settings, lambda _, __: None)
    random = Random(0)
    maker = Maker(panel, log, _scored(models), [_said(random) for _ in range(_N_CONTEXTS)], random)
    now_us = time.time_ns() // 1000
    for start in range(0, n_decisions, GROUP):
        group = range(start, min(start + GROUP, n_decisions))
        rows = [maker.row(now_us - WEEK_US + number * WEEK_US // n_decisions) for number in group]
        with write_transaction(database) as connection:
            insert_rows(connection, decisions, rows)
        advance(len(rows))
    log.close(10)
    database.dispose()
    return settings.database_url


def _scored(models: LoadedModels) -> list[Scored]:
    """The benchmark's texts, each with twenty slightly different score vectors."""
    scorer = models.text.scorer
    prepared = [entry for text in load_texts() for entry in scorer.prepare([text])]
    logits = np.stack([scorer.infer(entry.windows).max(axis=0) for entry in prepared])
    moved = np.random.default_rng(0).normal(0.0, NOISE, (20, *logits.shape)).astype(np.float32) + logits
    probs = scorer.probabilities(moved.reshape(-1, logits.shape[1])).astype(np.float64).round(6).tolist()
    return [Scored(row, entry.text, entry.features) for row, entry in zip(probs, prepared * 20, strict=True)]


def _said(random: Random) -> Context:
    return Context(
        kind=random.choice(["post", "comment", "message"]),
        surface=random.choice(_SURFACES),
        audience=random.choice([*Audience]),
        locale=random.choice(["en", "de-AT", "pt-BR"]),
        author=Author(account_age_days=random.randrange(2_000), prior_violations=random.randrange(4)),
        user_reports=random.randrange(5),
        reach=random.randrange(10_000),
    )


def _at(row: Row, at_us: int) -> Row:
    """The row as if it had been made then."""
    digits = f"{at_us // 1000:012x}7{secrets.token_hex(10)[:3]}8{secrets.token_hex(10)[:15]}"
    name = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))
    return (name, at_us, *row[2:])
