"""Reviewed: labels as quality needs them, with what reviewers of the random sample looked for and did not see.

A reviewer names harms that are there. Whoever upholds an allowed item names none, so a table of labels alone has the
misses of the sample and not what they are to be compared with.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sqlalchemy import Engine, select

from models.contracts import CATEGORIES
from monitoring.quality.evidence import QUEUED, SAMPLE
from monitoring.quality.measuring import measure_quality
from monitoring.quality.report import QualityReport
from monitoring.quality.thresholds import thresholds_of
from monitoring.safety import tables
from monitoring.safety.answering import weigh_answers
from monitoring.safety.census import take_census
from monitoring.safety.part import Part, read_part
from monitoring.safety.sample import ReviewSample, read_sample
from monitoring.safety.store import Store, open_store, readable
from monitoring.safety.tables import decisions
from monitoring.windows.deciders import Deciders
from monitoring.windows.labels import read_labels
from monitoring.windows.scores import read_scores
from monitoring.windows.source import Source
from monitoring.windows.window import Period, Window


def quality_of(
    source: Source,
    period: Period,
    window: Window | None = None,
    *,
    as_of_us: int | None = None,
    tenant: str | None = None,
) -> QualityReport:
    """Read the labels of a period and measure.

    Args:
        source: from `open_source`; exported Parquet has no labels, and the report says so.
        period: in which the decisions were made.
        window: the same decisions, for the distribution of their scores; a random part of them where it is left out.
        as_of_us: verdicts of the random sample up to here count; all of them where it is left out.
        tenant: None for all; the window is then of the same tenant.

    Raises:
        SourceError: The source cannot be read.

    """
    labels = reviewed_labels(source, period, as_of_us=as_of_us, tenant=tenant)
    everyone = _part(source, period, tenant) if window is None and len(labels) else window
    return measure_quality(labels, everyone, thresholds=thresholds_of(source.deciders()))


def _part(source: Source, period: Period, tenant: str | None) -> Part | None:
    """A random part of the decisions, which costs far less to read than a window."""
    if source.database is None:
        return None
    with readable():
        store = open_store(source.database, period, 2**62, tenant)
        return None if store.lacks(decisions) else read_part(store, take_census(store).n_decisions)


def reviewed_labels(
    source: Source, period: Period, *, as_of_us: int | None = None, tenant: str | None = None
) -> pd.DataFrame:
    """`read_labels` with `weight`, and with every category of every answered item of the random sample.

    Raises:
        SourceError: The source cannot be read.

    """
    labels = read_labels(source, period)
    if tenant is not None:
        labels = labels[labels["tenant"] == tenant]
    if source.database is None:
        return labels
    with readable():
        return _with_sample(source, source.database, period, labels, as_of_us, tenant)


def _with_sample(
    source: Source, database: Engine, period: Period, labels: pd.DataFrame, as_of_us: int | None, tenant: str | None
) -> pd.DataFrame:
    store = open_store(database, period, 2**62 if as_of_us is None else as_of_us, tenant)
    if store.lacks(tables.sampled, tables.review_verdicts, tables.review_labels, tables.decisions):
        return labels
    rest = labels[labels["origin"] != SAMPLE].assign(weight=1.0)
    rows = list(_sampled(store, read_sample(store), source.deciders()))
    if not rows:
        return rest
    found = pd.concat([rest, pd.DataFrame(rows)], ignore_index=True) if len(rest) else pd.DataFrame(rows)
    return found.sort_values("decided_at_us", kind="stable", ignore_index=True)


def _sampled(store: Store, sample: ReviewSample, deciders: Deciders) -> Iterator[dict[str, object]]:
    """A row for each category that a model scored of each answered item."""
    answers = weigh_answers(sample.harmful(), sample.weights, sample.cells)
    origin = QUEUED if answers.problem else SAMPLE  # with kinds that nobody answered it speaks of no more than a queue
    weights = dict(zip((sample.decision_ids[at] for at in answers.positions), answers.weights.tolist(), strict=True))
    shown = {c.value: dict(zip(sample.decision_ids, sample.shows(c.value).tolist(), strict=True)) for c in CATEGORIES}
    read = decisions.c
    wanted = (read.decision_id, read.decided_at_us, read.tenant, read.surface, read.decider_id, read.scores)
    for row in store.rows_of(select(*wanted), read.decision_id, list(weights)):
        decider = deciders.get(row.decider_id)
        for category, prob in (read_scores(row.scores) or {}).items():
            label = shown.get(category, {}).get(row.decision_id, np.nan)
            if np.isnan(label):
                continue  # those who looked were unsure
            yield {
                "decision_id": row.decision_id,
                "decided_at_us": row.decided_at_us,
                "tenant": row.tenant,
                "surface": row.surface,
                "category": category,
                "label": label,
                "agreement": 1.0,
                "prob": prob,
                "bundle": decider.bundles[0].digest if decider and decider.bundles else "",
                "policy_version": decider.policy_version if decider else "",
                "origin": origin,
                "weight": weights[row.decision_id],
            }
