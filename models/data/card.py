"""Card: what the dataset holds, in Markdown, without a single text."""

from collections.abc import Iterable, Sequence

from models.data.collecting import Dropped
from models.data.counting import Tally
from models.data.examples import Split
from models.data.labels import LABELS
from models.data.registry import Source


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "| --- " + "| ---: " * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def render_card(sources: Sequence[Source], counts: Tally, *, exclusions: frozenset[str] | None) -> str:
    """The card of a dataset."""
    sections = (
        ("# Weir text dataset", _introduction(sources, exclusions)),
        ("## Texts by set and split", _by_source(sources, counts)),
        ("## Labels by split", _by_label(counts)),
        ("## Mask coverage", _coverage(counts)),
        ("## Positives by label and set", _positives_by_source(sources, counts)),
        ("## Spans and previous turns", _riders(sources, counts)),
        ("## Time", _times(sources, counts)),
        ("## What was dropped, and why", _dropped(sources, counts)),
        ("## Label conflicts between rows of equal text", _conflicts(counts)),
    )
    return "\n\n".join(f"{title}\n\n{body}" for title, body in sections) + "\n"


def _introduction(sources: Sequence[Source], exclusions: frozenset[str] | None) -> str:
    guard = (
        "**No exclusion list was given: results on published test suites are not comparable.**"
        if exclusions is None
        else f"{len(exclusions):,} digests of texts that judge the product were excluded before splitting."
    )
    return (
        f"{len(sources)} public sets, cleaned with the normalisation that serving uses, mapped to {len(LABELS)} labels "
        "(1 yes, 0 no, -1 unknown). Near-duplicates (Jaccard >= 0.8 on character 5-grams) share a group and a split. "
        f"Probes are for evaluation by identity group and in no other number.\n\n{guard}"
    )


def _by_source(sources: Sequence[Source], counts: Tally) -> str:
    rows = [
        (source.id, source.licence, counts.n_rows[source.id], *(counts.by_split[split][source.id] for split in Split))
        for source in sources
    ]
    total = ("total", "", sum(counts.n_rows.values()), *(sum(counts.by_split[split].values()) for split in Split))
    return _table(("set", "licence", "rows read", *(split.value for split in Split)), [*rows, total])


def _by_label(counts: Tally) -> str:
    rows = []
    for label in LABELS:
        cells = []
        for split in Split:
            n_yes = sum(by_label[label] for by_label in counts.positives[split].values())
            n_no = sum(by_label[label] for by_label in counts.negatives[split].values())
            cells.append(f"{n_yes:,} / {n_no:,}")
        rows.append((label.value, *cells))
    return "Yes / no; the rest is unknown.\n\n" + _table(("label", *(split.value for split in Split)), rows)


def _coverage(counts: Tally) -> str:
    rows = []
    for label in LABELS:
        shares = []
        for split in Split:
            n_texts = sum(counts.by_split[split].values())
            known = sum(
                counts.positives[split][source][label] + counts.negatives[split][source][label]
                for source in counts.positives[split]
            )
            shares.append(f"{known / n_texts:.1%}" if n_texts else "-")
        rows.append((label.value, *shares))
    return "Share of texts whose label is known.\n\n" + _table(("label", *(split.value for split in Split)), rows)


def _positives_by_source(sources: Sequence[Source], counts: Tally) -> str:
    rows = []
    for label in LABELS:
        found = {source.id: sum(counts.positives[split][source.id][label] for split in Split) for source in sources}
        named = ", ".join(f"{name} {n:,}" for name, n in sorted(found.items(), key=lambda pair: -pair[1]) if n)
        rows.append((label.value, named or "none: no data and no head"))
    return _table(("label", "sets"), rows).replace("---:", "---")


def _riders(sources: Sequence[Source], counts: Tally) -> str:
    rows = []
    for what, by_split in (("spans", counts.spanned), ("previous turn", counts.answering)):
        for source in sources:
            found = [by_split[split][source.id] for split in Split]
            if any(found):
                rows.append((what, source.id, *found))
    head = "Texts whose spans are known (none marked counts as known), and texts with the turn that they answer.\n\n"
    return head + _table(("what", "set", *(split.value for split in Split)), rows)


def _times(sources: Sequence[Source], counts: Tally) -> str:
    named = ", ".join(source.id for source in sources if source.chronological) or "none"
    rows = [(source, split.value, first, last) for (split, source), (first, last) in sorted(counts.times.items())]
    head = f"Split by time (latest rows are the test): {named}. A set without timestamps is ordered by its ids.\n\n"
    return head + _table(("set", "split", "first", "last"), rows).replace("---:", "---")


def _dropped(sources: Sequence[Source], counts: Tally) -> str:
    rows = [(source.id, *(counts.dropped[source.id][reason] for reason in Dropped)) for source in sources]
    total = ("total", *(sum(by_reason[reason] for by_reason in counts.dropped.values()) for reason in Dropped))
    moved = ", ".join(f"{source} {n:,}" for source, n in sorted(counts.moved.items()) if n) or "none"
    body = _table(("set", *(reason.value for reason in Dropped)), [*rows, total])
    return f"{body}\n\nMoved between train, validation and calibration to keep a group whole: {moved}."


def _conflicts(counts: Tally) -> str:
    rows = [(label.value, counts.conflicts[label]) for label in LABELS if counts.conflicts[label]]
    rule = "An official test keeps its own label; otherwise the majority decides and a tie is unknown.\n\n"
    return rule + _table(("label", "texts"), rows)
