"""Loaders of hate speech sets: attacks on people for what they are.

"Not hateful" is a no for hate and nothing more, unless the authors asked about offence in general. Sets that ask about
one group only (women) say no to hate only where no other group is mentioned.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from models.contracts import Category
from models.data import cues
from models.data.labels import Auxiliary, Label, no, yes
from models.data.loaders import targets
from models.data.rows import Files, Part, Row
from models.data.tables import read_table

_CIVIL = no(Category.TOXICITY, Category.HARASSMENT, Category.HATE)


def davidson(files: Files) -> Iterator[Row]:
    """Hate, offensive or neither; the weight is the share of annotators who agree.

    Offensive is mostly swearing: profanity, not harassment. Source: Davidson et al. (2017), ICWSM.
    """
    marks: dict[str, dict[Label, int]] = {
        "0": yes(Category.HATE),
        "1": yes(Category.PROFANITY, Category.TOXICITY) | no(Category.HATE),
        "2": _CIVIL | no(Category.PROFANITY),
    }
    votes = {"0": "hate_speech", "1": "offensive_language", "2": "neither"}
    for row in read_table(files["labeled_data.csv"]):
        agreement = int(row[votes[row["class"]]]) / int(row["count"])
        yield Row(row["tweet"], marks[row["class"]], weight=agreement)


def hatexplain(files: Files) -> Iterator[Row]:
    """Hate, offensive or normal, official splits. Offensive is weak evidence of harassment and profanity.

    Two thirds of the offensive posts hold no swear word and a fifth of the normal ones do, so profanity is only
    labelled where the words agree. The three classes are kept as they are, for the set's own task.
    Source: Mathew et al. (2021), AAAI.
    """
    parts = {"train": Part.TRAIN, "valid": Part.DEV, "test": Part.TEST}
    for row in read_table(files["hatexplain_reconstructed.tsv"], "\t", quoted=False):
        own: dict[Label, int] = {
            Auxiliary.HATEXPLAIN_HATE: int(row["label"] == "hatespeech"),
            Auxiliary.HATEXPLAIN_OFFENSIVE: int(row["label"] == "offensive"),
        }
        if row["label"] == "hatespeech":
            yield Row(row["text"], yes(Category.HATE) | own, parts[row["split"]])
        elif row["label"] == "offensive":
            marks = yes(Category.HARASSMENT) | no(Category.HATE) | _swearing(row["text"], expected=1)
            yield Row(row["text"], marks | own, parts[row["split"]], weight=0.5)
        else:
            yield Row(row["text"], _CIVIL | _swearing(row["text"], expected=0) | own, parts[row["split"]])


def _swearing(text: str, *, expected: int) -> dict[Label, int]:
    """Profanity as the set suggests it, unknown where the words say otherwise."""
    found = int(cues.SWEARING.search(text) is not None)
    return {Category.PROFANITY: expected} if found == expected else {}


_EDOS_CATEGORIES = {
    "1.": Auxiliary.SEXISM_THREATS,
    "2.": Auxiliary.SEXISM_DEROGATION,
    "3.": Auxiliary.SEXISM_ANIMOSITY,
    "4.": Auxiliary.SEXISM_PREJUDICE,
}


def edos(files: Files) -> Iterator[Row]:
    """Sexist or not, and one of four categories; the first is threats and incitement.

    Source: Kirk et al. (2023), SemEval task 10.
    """
    parts = {"train": Part.TRAIN, "dev": Part.DEV, "test": Part.TEST}
    for row in read_table(files["edos_labelled_aggregated.csv"]):
        if row["label_sexist"] == "sexist":
            threatens = int(row["label_category"].startswith("1."))
            marks = yes(Category.HATE, Auxiliary.SEXISM, Auxiliary.TARGET_WOMEN)
            marks |= no(*_EDOS_CATEGORIES.values())
            marks[Category.HATE_THREATENING] = threatens
            marks |= yes(_EDOS_CATEGORIES[row["label_category"][:2]])
        else:
            marks = _not_sexist(row["text"])
        yield Row(row["text"], marks, parts[row["split"]])


def _not_sexist(text: str) -> dict[Label, int]:
    """Not an attack on women; not hate either, where no other group is mentioned."""
    other = cues.OTHER_GROUPS.search(text)
    about_women = no(Auxiliary.SEXISM, Auxiliary.TARGET_WOMEN)
    return about_women if other else about_women | no(Category.HATE)


def gab_hate_corpus(files: Files) -> Iterator[Row]:
    """Human degradation, calls for violence, vulgar or offensive language at a person. Official test.

    Source: Kennedy et al. (2022), Language Resources and Evaluation 56.
    """
    for name, part in (("ghc_train.tsv", Part.TRAINABLE), ("ghc_test.tsv", Part.TEST)):
        for row in read_table(files[name], "\t"):
            degrades, calls, vulgar = row["hd"] == "1", row["cv"] == "1", row["vo"] == "1"
            marks = _gab_marks(degrades=degrades, calls=calls, vulgar=vulgar)
            yield Row(row["text"], marks | (_swearing(row["text"], expected=1) if vulgar else {}), part)


def _gab_marks(*, degrades: bool, calls: bool, vulgar: bool) -> dict[Label, int]:
    if not (degrades or calls or vulgar):
        return dict(_CIVIL)
    marks: dict[Label, int] = {Category.HATE: int(degrades), Category.TOXICITY: 1}
    marks[Category.HATE_THREATENING] = int(degrades and calls)
    if calls:
        marks |= yes(Category.VIOLENCE)
    if vulgar:
        marks |= yes(Category.HARASSMENT)
    return marks


def gibert_stormfront(files: Files) -> Iterator[Row]:
    """Hate or not, from a white supremacist forum: hard negatives. `relation` and `skip` are no labels.

    The authors' sampled test rows stay test. Source: de Gibert et al. (2018), ALW2.
    """
    marks = {"hate": yes(Category.HATE), "noHate": no(Category.HATE)}
    for row in read_table(files["gibert.csv"]):
        part = Part.TEST if row["split"] == "sampled_test" else Part.TRAINABLE
        yield Row(row["text"], marks.get(row["label"], {}), part)


def mlma(files: Files) -> Iterator[Row]:
    """Several sentiments a tweet, without agreement: noisy, half weight; contradictions stay unknown.

    Normal tweets have a target too, the one whose words they were searched by: they attack nobody.

    Source: Ousidhoum et al. (2019), EMNLP.
    """
    for row in read_table(files["en_dataset.csv"]):
        sentiments = set(row["sentiment"].split("_"))
        marks: dict[Label, int] = {}
        if sentiments == {"normal"}:
            marks = _CIVIL | targets.NOBODY
        elif "normal" not in sentiments:
            marks |= targets.mlma(row.get("target", ""), row.get("group", ""))
            if "hateful" in sentiments:
                marks |= yes(Category.HATE)
            if sentiments & {"abusive", "offensive", "disrespectful"}:
                marks |= yes(Category.HARASSMENT)
        yield Row(row["tweet"], marks, weight=0.5)


def fox_news(files: Files) -> Iterator[Row]:
    """Hateful or not; user names and threads are not read. Source: Gao & Huang (2017), RANLP."""
    for line in files["fox-news-comments.json"].splitlines():
        if line.strip():
            comment = json.loads(line)
            yield Row(comment["text"], {Category.HATE: int(comment["label"])})


def guest_misogyny(files: Files) -> Iterator[Row]:
    """Misogynistic or not, by true time; treatment and personal attacks are harassment. Authors are not read.

    Source: Guest et al. (2021), EACL.
    """
    for row in read_table(files["final_labels.csv"]):
        when = datetime.fromtimestamp(int(row["entry_utc"]), UTC).isoformat()
        if row["level_1"] == "Misogynistic":
            marks = yes(Category.HATE, Auxiliary.SEXISM, Auxiliary.TARGET_WOMEN)
            threatens = row["level_3"] in {"Threatening_Physical_violence", "Threatening_Sexual_violence"}
            marks |= {Category.HATE_THREATENING: int(threatens)}
        else:
            marks = _not_sexist(row["body"])
        if row["level_2"] in {"Treatment", "Misogynistic_personal_attack", "Nonmisogynistic_personal_attack"}:
            marks |= yes(Category.HARASSMENT)
        yield Row(row["body"], marks, order=when, timestamp=when)


def cad(files: Files) -> Iterator[Row]:
    """Abuse by whom it is directed at: identity -> hate, person -> harassment, affiliation -> toxic only.

    Identity-directed abuse leaves harassment unknown: the two overlap. Source: Vidgen et al. (2021), NAACL.
    """
    for name, part in (("train", Part.TRAIN), ("dev", Part.DEV), ("test", Part.TEST)):
        for row in read_table(files[f"cad_v1_1_{name}.tsv"], "\t", quoted=False):
            yield Row(row["text"], _cad_marks(set(row["labels"].split(","))), part)


def _cad_marks(labels: set[str]) -> dict[Label, int]:
    identity, person = "IdentityDirectedAbuse" in labels, "PersonDirectedAbuse" in labels
    if labels == {"Neutral"}:
        return dict(_CIVIL)
    if labels == {"CounterSpeech"}:
        return no(Category.HATE)
    marks: dict[Label, int] = {Category.HATE: int(identity), Category.TOXICITY: 1}
    if person or not identity:
        marks[Category.HARASSMENT] = int(person)
    return marks


_PROTECTED = {"race", "gender", "culture", "disabled"}
_TIE = 0.5


def sbic_dev(files: Files) -> Iterator[Row]:
    """Offence, target group and sexual content, by the mean of the annotators of a post; workers are not read.

    A tie or a target that is not a protected group stays unknown. Source: Sap et al. (2020), ACL.
    """
    posts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in read_table(files["SBFv2.dev.csv"]):
        posts[row["post"]].append(row)
    for text, rows in posts.items():
        yield Row(text, _sbic_marks(rows), weight=0.7)


def _mean(rows: list[dict[str, str]], column: str) -> float:
    values = [float(row[column]) for row in rows if row[column]]
    return sum(values) / len(values) if values else _TIE


def _sbic_marks(rows: list[dict[str, str]]) -> dict[Label, int]:
    marks: dict[Label, int] = {}
    offensive, sexual = _mean(rows, "offensiveYN"), _mean(rows, "sexYN")
    grounds = Counter(row["targetCategory"] for row in rows if row["targetCategory"])
    if offensive < _TIE:
        marks |= _CIVIL | targets.NOBODY
    elif offensive > _TIE:
        marks |= yes(Category.TOXICITY)
        if not grounds:
            marks |= yes(Category.HARASSMENT) | targets.NOBODY
        else:
            if grounds.most_common(1)[0][0] in _PROTECTED:
                marks |= yes(Category.HATE)
            marks |= targets.by_votes([row.get("targetMinority", "") for row in rows if row["targetCategory"]])
    if sexual != _TIE:
        marks[Category.SEXUAL] = int(sexual > _TIE)
    return marks


_NEUTRAL_TOXICITY = 2.0
"""ToxiGen rates 1 (benign) to 5; a "neutral" text above 2 divided its annotators."""


def safenlp(files: Files) -> Iterator[Row]:
    """Implicit hate and ToxiGen: hate or neutral, without slurs; annotation is noisy.

    Source: ElSherief et al. (2021), EMNLP; Hartvigsen et al. (2022), ACL.
    """
    for entry in json.loads(files["implicitHate.json"]):
        yield Row(entry["text"], {Category.HATE: int(entry["label"] == "hate")}, weight=0.7)
    for entry in json.loads(files["toxiGen.json"]):
        hateful, clear = entry["label"] == "hate", entry["toxicity_score"] <= _NEUTRAL_TOXICITY
        marks = yes(Category.HATE) if hateful else _CIVIL | targets.NOBODY if clear else {}
        if hateful:
            marks |= targets.toxigen(entry.get("target_groups", ()))
        yield Row(entry["text"], marks, weight=0.7)


def hatemoji(files: Files) -> Iterator[Row]:
    """Hate carried by emoji, in pairs that differ by an emoji and in label; official splits, pairs kept together.

    A text has one type, the foremost: another type than threats does not say that none is made.

    Source: Kirk et al. (2022), NAACL.
    """
    for name, part in (("train", Part.TRAIN), ("validation", Part.DEV), ("build_test", Part.TEST)):
        for row in read_table(files[f"{name}.csv"]):
            hateful = int(row["label_gold"] == "1")
            marks: dict[Label, int] = {Category.HATE: hateful}
            if row["type"] == "threateninglanguage":
                marks |= yes(Category.HATE_THREATENING)
            marks |= targets.hatemoji(row.get("target", "")) if hateful else targets.NOBODY
            yield Row(row["text"], marks, part, kin=_pair(row["entry_id"], row["matched_id"]))


def _pair(entry_id: str, matched_id: str) -> str | None:
    return "-".join(sorted((entry_id, matched_id))) if matched_id else None
