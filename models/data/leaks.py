"""Leaks: what must not be true of a dataset. The build calls `check` before it writes anything.

The near-duplicate check is not the one that made the groups: it draws other hashes and compares the test with
everything else anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from models.data.contexts import foreign_contexts
from models.data.digests import exclusion_digest
from models.data.duplicates import (
    MIN_TOKENS,
    Judge,
    Progress,
    Resemblance,
    buckets,
    normal_form,
    quiet,
    shingles,
    signatures,
)
from models.data.errors import LeakError
from models.data.examples import Split
from models.data.store import Placed

_PERSONAL = ("user", "author", "worker", "annotator", "name", "email")


def check(
    placed: Sequence[Placed],
    official: Mapping[str, Sequence[int]],
    exclusions: frozenset[str],
    columns: Iterable[str],
    resemblance: Resemblance,
    progress: Progress = quiet,
) -> None:
    """Run every check.

    Args:
        placed: the whole dataset.
        official: digest -> labels of every official test row as its own set gives them (-1 where it says nothing).
        exclusions: digests of texts that must not be here.
        columns: names of the columns that will be written.
        resemblance: what counts as a near duplicate.
        progress: told how far it is.

    Raises:
        LeakError: with the number and kind of what leaks, never a text.

    """
    _require(groups_across_splits(placed), "duplicate groups lie in more than one split")
    _require(shared_texts(placed), "texts lie in more than one split")
    _require(excluded(placed, exclusions), "texts are on the exclusion list")
    _require(lost_tests(placed, official), "official test rows are missing from the test or have other labels")
    _require(foreign_contexts(placed), "previous turns are texts of another split")
    _require(personal_columns(columns), "columns look personal")
    _require(near_tests(placed, resemblance, progress), "texts outside the test are near-duplicates of a test text")


def _require(found: int, what: str) -> None:
    if found:
        raise LeakError(f"leak check failed: {found} {what}")


def groups_across_splits(placed: Iterable[Placed]) -> int:
    """Number of groups with rows in two splits."""
    splits: dict[int, set[Split]] = {}
    for item in placed:
        splits.setdefault(item.group, set()).add(item.split)
    return sum(len(seen) > 1 for seen in splits.values())


def shared_texts(placed: Iterable[Placed]) -> int:
    """Number of texts that appear twice, probes included."""
    digests = [item.example.digest for item in placed]
    return len(digests) - len(set(digests))


def excluded(placed: Iterable[Placed], exclusions: frozenset[str]) -> int:
    """Number of rows whose cleaned text is on the list."""
    return sum(exclusion_digest(item.example.text) in exclusions for item in placed)


def lost_tests(placed: Iterable[Placed], official: Mapping[str, Sequence[int]]) -> int:
    """Number of official test rows that are not in the test with the labels their set gave them."""
    tested = {item.example.digest: item.example.labels for item in placed if item.split is Split.TEST}
    return sum(
        digest not in tested or any(own not in {-1, found} for own, found in zip(labels, tested[digest], strict=True))
        for digest, labels in official.items()
    )


def personal_columns(columns: Iterable[str]) -> int:
    """Number of columns named like an identity of a person."""
    return sum(any(word in column.lower() for word in _PERSONAL) for column in columns)


def near_tests(placed: Sequence[Placed], resemblance: Resemblance, progress: Progress = quiet) -> int:
    """Number of pairs of a test text and another split's text at or above the threshold."""
    rows = [item for item in placed if item.split is not Split.PROBE]
    forms = [normal_form(item.example.text) for item in rows]
    long = [i for i, form in enumerate(forms) if len(form.split()) >= MIN_TOKENS]
    tested = [rows[i].split is Split.TEST for i in long]
    sets = [shingles(forms[i]) for i in long]
    other = replace(resemblance, seed=resemblance.seed + 1, bands=20)
    found = 0
    signed = signatures(sets, other, progress)
    judge = Judge(sets, signed, resemblance.threshold)
    for members in buckets(signed, other):
        tests = [i for i in members.tolist() if tested[i]]
        others = [i for i in members.tolist() if not tested[i]]
        found += sum(judge.alike(i, j) for i in tests for j in others)
    return found
