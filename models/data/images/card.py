"""Card: what the picture set holds, in Markdown, without a single picture."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from models.data.images.registry import load_image_registry
from models.data.images.report import SPLITS, Report


def render_card(report: Report) -> str:
    """The card of a picture set."""
    sections = (
        ("# Weir picture set", _introduction(report)),
        ("## Rows by set and split", _by_source(report)),
        ("## Rows by kind and split", _by_split(report.by_kind, "kind")),
        ("## Labels by split", _labels(report)),
        ("## Labels by set", _labels_by_source(report)),
        ("## Families", _families(report)),
        ("## Folds", _folds(report)),
        ("## Problems found", _problems(report)),
        ("## Sets", _sets(report)),
    )
    return "\n\n".join(f"{title}\n\n{body}" for title, body in sections) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "| --- " + "| ---: " * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(f"{v:,}" if isinstance(v, int) else str(v) for v in row) + " |" for row in rows]
    return "\n".join(lines)


def _introduction(report: Report) -> str:
    return (
        f"Digest `{report.digest}`. Labels: 1 yes, 0 no, -1 unknown. Near duplicates (PDQ, at most 31 of 256 bits, in "
        "any orientation), copies, frames of one video and pictures of one person share a group and a split; the "
        f"largest groups hold {', '.join(map(str, report.largest_groups))} pictures.\n\n"
        "**Report by unseen source only** (Folds): the test split of known sources is a mirage."
    )


def _by_source(report: Report) -> str:
    rows = [
        (source, report.n_groups[source], *(splits.get(split.value, 0) for split in SPLITS))
        for source, splits in report.by_source.items()
    ]
    return _table(("set", "groups", *(split.value for split in SPLITS)), rows)


def _by_split(counts: Mapping[str, Mapping[str, int]], name: str) -> str:
    rows = [(key, *(splits.get(split.value, 0) for split in SPLITS)) for key, splits in counts.items()]
    return _table((name, *(split.value for split in SPLITS)), rows)


def _labels(report: Report) -> str:
    rows = [(label, *(_pair(splits.get(split.value)) for split in SPLITS)) for label, splits in report.labels.items()]
    head = "Photographs and memes: yes / no; the rest is unknown.\n\n"
    return head + _table(("label", *(split.value for split in SPLITS)), rows)


def _pair(counts: Mapping[str, int] | None) -> str:
    return "-" if counts is None else f"{counts['yes']:,} / {counts['no']:,}"


def _labels_by_source(report: Report) -> str:
    names = list(report.labels_by_source)
    rows = [
        (source, *(_pair(report.labels_by_source[label].get(source)) for label in names)) for source in report.by_source
    ]
    return "All kinds: yes / no.\n\n" + _table(("set", *names), rows)


def _families(report: Report) -> str:
    rows = [
        (source, ", ".join(f"{name or '(none)'} {n:,}" for name, n in families.items()))
        for source, families in report.by_family.items()
    ]
    return _table(("set", "photographs and memes by family"), rows).replace("---:", "---")


def _folds(report: Report) -> str:
    rows = [(name, n["train"], n["held_out_yes"], n["held_out_no"]) for name, n in report.folds.items()]
    return _table(("fold", "training rows", "unseen yes", "unseen no"), rows)


def _problems(report: Report) -> str:
    problems = report.problems
    broken = cast("Sequence[Mapping[str, str]]", problems["broken"])
    near = cast("Mapping[str, int]", problems["n_near_pairs"])
    conflicts = cast("Sequence[Mapping[str, Sequence[str]]]", problems["conflicts"])
    lines = [
        f"- Broken files: {len(broken)}.",
        f"- Pairs of equal files: {problems['n_exact_pairs']}.",
        f"- Pairs of near duplicates: {sum(near.values()):,} ({', '.join(f'{k}: {n:,}' for k, n in near.items())}).",
        f"- Near-identical pictures with contradicting labels, masked in both: {len(conflicts)}.",
    ]
    lines += [f"  - {' and '.join(one['pictures'])}: {', '.join(one['labels'])}" for one in conflicts]
    return "\n".join(lines)


def _sets(report: Report) -> str:
    registry = load_image_registry()
    rows = [
        (one.id, f"{one.licence} ({one.licence_status})", one.use, one.origin, one.note) for one in registry.values()
    ]
    shown = [row for row in rows if row[0] in report.by_source]
    return _table(("set", "licence", "use", "origin", "note"), shown).replace("---:", "---")
