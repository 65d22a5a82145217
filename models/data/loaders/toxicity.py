"""Loaders of toxicity and abuse sets: rudeness, insults and threats in discussions and chats."""

import ast
import statistics
from collections.abc import Iterable, Iterator

from models.contracts import Category
from models.data.labels import Auxiliary, Label, no, yes
from models.data.loaders import targets
from models.data.rows import Files, Part, Row, Spans
from models.data.tables import read_table

_CIVIL = no(Category.TOXICITY, Category.HARASSMENT, Category.HATE)


def convabuse(files: Files) -> Iterator[Row]:
    """What people say to chatbots, with the bot's turn before it; official splits, majority of the annotators.

    Severity runs from 1 (not abusive) over 0 (ambiguous) to -3; -2 is called strong, so a mean of -2 or less is severe
    and one of -1 or more is not. Source: Cercas Curry et al. (2021), EMNLP.
    """
    for name, part in (("train", Part.TRAIN), ("valid", Part.DEV), ("test", Part.TEST)):
        for row in read_table(files[f"ConvAbuseEMNLP{name}.csv"]):
            yield Row(row["user"], _convabuse_marks(row), part, previous=row["agent"] or None)


def _convabuse_marks(row: dict[str, str]) -> dict[Label, int]:
    severities = [
        severity
        for annotator in range(1, 9)
        for severity in (1, 0, -1, -2, -3)
        if row.get(f"Annotator{annotator}_is_abuse.{severity}") == "1"
    ]
    severity = statistics.mean(severities) if severities else 0.0
    if severity == 0.0:
        return {}
    if severity > 0.0:
        return _CIVIL | no(Auxiliary.SEXISM, Auxiliary.SEVERE) | targets.NOBODY
    sexist = _majority(row, "sexist")
    return {
        Category.HARASSMENT: 1,
        Category.SEXUAL: _majority(row, "sex_harassment"),
        Auxiliary.SEXISM: sexist,
        Auxiliary.SEVERE: 1 if severity <= _STRONG else 0 if severity >= _MILD else -1,
        Auxiliary.TARGET_WOMEN: sexist,
        Auxiliary.TARGET_ETHNICITY: _majority(row, "racist"),
        Auxiliary.TARGET_DISABILITY: _majority(row, "ableist"),
        Auxiliary.TARGET_LGBTQ: _either(_majority(row, "homophobic"), _majority(row, "transphobic")),
    }


_STRONG = -2.0
_MILD = -1.0


def _majority(row: dict[str, str], column: str) -> int:
    votes = [row.get(f"Annotator{annotator}_{column}") for annotator in range(1, 9)]
    known = [int(vote == "1") for vote in votes if vote in {"0", "1"}]
    return -1 if not known or 2 * sum(known) == len(known) else int(2 * sum(known) > len(known))


def _either(one: int, other: int) -> int:
    """A yes to one is a yes; a no needs both."""
    return 1 if 1 in (one, other) else min(one, other)


_MAX_ANNOTATORS = 20
"""One test comment of the platform was shown to 357 annotators."""


def toxic_spans(files: Files) -> Iterator[Row]:
    """Civil Comments judged toxic, with the annotators who marked each kind of span; `comment_id` orders by time.

    Two annotators make a yes, none a no, one stays unknown; most annotators saying "not toxic" makes the
    toxicity unknown. The rows of the shared task have the spans that most annotators marked, () where they marked
    none. Source: Pavlopoulos et al. (2021), SemEval task 5.
    """
    official = _spans_by_text(files, "tsd_test.csv")
    spans = _spans_by_text(files, "tsd_train.csv", "tsd_trial.csv") | official
    doubted = _doubted(files["annotations.csv"])
    for row in read_table(files["comment_level.csv"]):
        n_annotators, comment = int(row["n_annotators"]), row["comment_id"]
        marks = _span_marks(row) if n_annotators <= _MAX_ANNOTATORS else {}
        if marks and comment not in doubted:
            marks |= yes(Category.TOXICITY)
        part = Part.TEST if row["text"] in official else None
        yield Row(row["text"], marks, part, order=comment.zfill(12), spans=spans.get(row["text"]))


def _spans_by_text(files: Files, *names: str) -> dict[str, Spans]:
    return {row["text"]: ranges(ast.literal_eval(row["spans"])) for name in names for row in read_table(files[name])}


def ranges(offsets: Iterable[int]) -> Spans:
    """Single characters as ranges: neighbours belong together."""
    found: list[tuple[int, int]] = []
    for offset in sorted(set(offsets)):
        if found and found[-1][1] == offset:
            found[-1] = (found[-1][0], offset + 1)
        else:
            found.append((offset, offset + 1))
    return tuple(found)


def _doubted(annotations: str) -> set[str]:
    votes: dict[str, list[bool]] = {}
    for row in read_table(annotations):
        only_not_toxic = row["not toxic"] == "True" and row["all toxic"] != "True"
        votes.setdefault(row["comment_id"], []).append(only_not_toxic)
    return {comment for comment, given in votes.items() if 2 * sum(given) > len(given)}


def _span_marks(row: dict[str, str]) -> dict[Label, int]:
    marks: dict[Label, int] = {}
    for column, label in (
        ("n_Insult", Category.HARASSMENT),
        ("n_Threat", Category.HARASSMENT_THREATENING),
        ("n_Identity based Attack", Category.HATE),
        ("n_Profane/Obscene", Category.PROFANITY),
    ):
        votes = int(row[column])
        if votes != 1:
            marks[label] = int(votes > 1)
    return marks


def context_toxicity(files: Files) -> Iterator[Row]:
    """Wikipedia talk page comments, toxic or not; mostly clean. Half of them were judged beside the parent comment.

    Only those carry it: the others were judged without one. Source: Pavlopoulos et al. (2020), ACL.
    """
    for name in ("gc.csv", "gn.csv"):
        for row in read_table(files[name]):
            toxic = row["label"] == "1"
            marks = yes(Category.HARASSMENT) if toxic else dict(_CIVIL)
            previous = row.get("parent") or None if name == "gc.csv" else None
            yield Row(row["text"], marks, weight=0.5 if toxic else 1.0, previous=previous)


_JIGSAW_SIX = ("HieuNT91", "amodh", "martinwg")


def jigsaw_subsets(files: Files) -> Iterator[Row]:
    """Wikipedia comments with six labels, one copy with `toxic` alone; `severe_toxic` is its degree.

    Source: Kaggle toxic comment challenge.
    """
    for row in read_table(files["AK_toxic_comments.csv"]):
        civil = _CIVIL | no(Auxiliary.SEVERE)
        yield Row(row["text"], yes(Category.TOXICITY) if row["toxic"] == "1" else civil)
    for name in _JIGSAW_SIX:
        for row in read_table(files[f"{name}_toxic_comments.csv"]):
            yield Row(row["comment_text"], _jigsaw_marks(row))


def _jigsaw_marks(row: dict[str, str]) -> dict[Label, int]:
    given = {key: int(row[key] == "1") for key in ("toxic", "obscene", "threat", "insult", "identity_hate")}
    marks: dict[Label, int] = {
        Category.PROFANITY: given["obscene"],
        Category.HARASSMENT_THREATENING: given["threat"],
        Category.HARASSMENT: given["insult"],
        Category.HATE: given["identity_hate"],
        Category.HATE_THREATENING: given["threat"] * given["identity_hate"],
        Auxiliary.SEVERE: int(row["severe_toxic"] == "1"),
    }
    if given["toxic"] or any(given.values()):
        marks |= yes(Category.TOXICITY)
    else:
        marks |= no(Category.TOXICITY, Category.VIOLENCE)
    return marks


def civil_assembled(files: Files) -> Iterator[Row]:
    """Civil Comments: threats, toxic, safe. Source: Borkan et al. (2019), WWW.

    Nearly all of its "threats" are none (the table's cut is unknown): they are toxic, and readings say which threaten.
    """
    for row in read_table(files["threat.csv"]):
        yield Row(row["text"], yes(Category.TOXICITY), weight=0.7)
    for row in read_table(files["toxic_language.csv"]):
        yield Row(row["text"], yes(Category.TOXICITY))
    safe = _CIVIL | no(Category.PROFANITY, Category.VIOLENCE, Category.SEXUAL)
    for row in read_table(files["safe.csv"]):
        yield Row(row["text"], safe)


def paradetox(files: Files) -> Iterator[Row]:
    """Toxic sentences and their neutral paraphrases: minimal pairs, kept together.

    Source: Logacheva et al. (2022), ACL.
    """
    for row in read_table(files["paradetox.tsv"], "\t", quoted=False):
        yield Row(row["toxic"], yes(Category.TOXICITY), weight=0.7, kin=row["toxic"])
        for column in ("neutral1", "neutral2", "neutral3"):
            if row[column]:
                neutral = _CIVIL | no(Category.PROFANITY)
                yield Row(row[column], neutral, weight=0.7, kin=row["toxic"])


def surge_toxicity(files: Files) -> Iterator[Row]:
    """Social media comments, toxic or not. Source: Surge AI, toxicity dataset."""
    for row in read_table(files["toxicity_en.csv"]):
        toxic = row["is_toxic"] == "Toxic"
        yield Row(row["text"], yes(Category.TOXICITY) if toxic else dict(_CIVIL))


def conversationai_bias(files: Files) -> Iterator[Row]:
    """Sentences from templates with identity terms: probes, never trained on. Source: Dixon et al. (2018), AIES."""
    for row in read_table(files["bias_madlibs_77k.csv"]):
        yield Row(row["Text"], {Category.TOXICITY: int(row["Label"] == "BAD")}, Part.PROBE)


def conversationai_debias(files: Files) -> Iterator[Row]:
    """Wikipedia article sentences with identity terms, none toxic; the authors' own splits. Source: as above."""
    parts = {"train": Part.TRAIN, "dev": Part.DEV, "test": Part.TEST}
    for row in read_table(files["toxicity_debiasing_data.tsv"], "\t"):
        marks = yes(Category.TOXICITY) if row["is_toxic"] == "True" else dict(_CIVIL)
        yield Row(row["comment"], marks, parts[row["split"]])
