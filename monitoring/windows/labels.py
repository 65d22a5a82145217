"""Labels: what people said of decisions, one row a decision and category, for measuring quality."""

from typing import Final

import orjson
import pandas as pd

from monitoring.errors import SourceError
from monitoring.windows.source import Source
from monitoring.windows.window import Period

COLUMNS: Final = {
    "decision_id": object,
    "decided_at_us": "int64",
    "tenant": object,
    "surface": object,
    "category": object,
    "label": "float64",
    "agreement": "float64",
    "prob": "float64",
    "bundle": object,
    "policy_version": object,
    "origin": object,
}
"""Of the frame, with their types. `label` is 1.0 or 0.0, `agreement` the share of reviewers who say so, `bundle` the
digest of the bundle that scored texts, `prob` missing where the category was not scored."""
SAMPLE: Final = "sample"
"""Drawn at random from all decisions."""
SUGGESTED: Final = "suggested"
"""Sent to review by monitoring, so not a picture of the traffic."""
REVIEW: Final = "review"
"""In the queue for any other reason, so mostly what a policy was unsure of."""

_ORIGINS: Final = {"sample": SAMPLE, "suggest": SUGGESTED}
_QUERY: Final = """
SELECT l.decision_id, l.category, l.value, l.reviewer, l.prob, l.bundles, l.policy_version, l.tenant,
       r.purposes, r.surface, coalesce(d.decided_at_us, r.created_at_us)
FROM review_labels l
LEFT JOIN decisions d ON d.decision_id = l.decision_id
LEFT JOIN (SELECT decision_id, min(created_at_us) AS created_at_us, min(surface) AS surface, {purposes} AS purposes
           FROM reviews GROUP BY decision_id) r ON r.decision_id = l.decision_id
WHERE coalesce(d.decided_at_us, r.created_at_us) >= ? AND coalesce(d.decided_at_us, r.created_at_us) < ?
ORDER BY l.label_id
"""
_PURPOSES: Final = {"sqlite": "group_concat(purpose)", "postgresql": "string_agg(purpose, ',')"}


def read_labels(source: Source, period: Period) -> pd.DataFrame:
    """Human labels of the decisions that were made in a period.

    The last word of each reviewer counts, and the majority of them; the very last word breaks a tie. Who is unsure has
    no say, and where all are, there is no row.

    Args:
        source: from `open_source`.
        period: in which the decisions were made, whenever the labels came. A decision that was purged since is placed
            by its review.

    Returns:
        `COLUMNS`, in the order of time; empty where the source has no labels.

    Raises:
        SourceError: the store cannot be read.

    """
    said = _read(source, period)
    said = said[said["value"].isin(["yes", "no"])]
    if said.empty:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    said = said.assign(label=(said["value"] == "yes").astype(float))
    found = said.groupby(["decision_id", "category"], sort=False)
    share, last = found["label"].transform("mean"), found["label"].transform("last")
    label = last.where(share == 0.5, (share > 0.5).astype(float))  # noqa: PLR2004 - half of them
    said = said.assign(label=label, agreement=share.where(label == 1.0, 1.0 - share))
    latest = said.groupby(["decision_id", "category"], sort=False).tail(1)
    latest = latest.assign(bundle=latest["bundles"].map(_text_bundle), origin=latest["purposes"].map(_origin))
    ordered = latest.sort_values(["decided_at_us", "decision_id", "category"]).reset_index(drop=True)
    return ordered[list(COLUMNS)].astype(COLUMNS)


def _has_labels(source: Source) -> bool:
    """The source can have labels at all: exported files and stores from before reviews cannot."""
    tables = getattr(source, "tables", {})
    return "review_labels" in tables and "reviews" in tables


def _read(source: Source, period: Period) -> pd.DataFrame:
    """The last word of each reviewer on each category, oldest first."""
    names = ["decision_id", "category", "value", "reviewer", "prob", "bundles", "policy_version", "tenant"]
    names += ["purposes", "surface", "decided_at_us"]
    from monitoring.windows.database import DatabaseSource

    if not isinstance(source, DatabaseSource) or not _has_labels(source):
        return pd.DataFrame(columns=names)
    purposes = _PURPOSES.get(source.engine.dialect.name)
    if purposes is None:
        raise SourceError(f"labels are read from SQLite and Postgres, not from {source.engine.dialect.name}")
    rows = source.query(_QUERY.format(purposes=purposes), (period.start_us, period.end_us))
    said = pd.DataFrame(rows, columns=names)
    return said.drop_duplicates(["decision_id", "category", "reviewer"], keep="last")


def _text_bundle(listed: object) -> str:
    """The first of the digests."""
    try:
        digests = orjson.loads(str(listed))
    except orjson.JSONDecodeError:
        return ""
    return str(digests[0]) if isinstance(digests, list) and digests else ""


def _origin(purposes: object) -> str:
    """The random sample first: a decision that it drew is a picture of the traffic, whatever else became of it."""
    there = set(str(purposes).split(","))
    return next((origin for purpose, origin in _ORIGINS.items() if purpose in there), REVIEW)
