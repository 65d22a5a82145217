"""The export: what reviewers said comes back from `models.data` as the examples that training reads."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Category
from models.data.collecting import Dropped, collect
from models.data.labels import LABELS
from models.data.loaders.reviewed import reviewed
from service.reviews.content import ContentKept, Keeping
from service.reviews.desk import Desk
from service.reviews.examples import Wish, examples, votes
from service.reviews.exporting import ExportError, count_labelled, read_texts, write_examples
from service.reviews.leases import Wanted, claim
from service.reviews.reviewer import Reviewer
from service.reviews.values import LabelValue, VerdictKind
from service.reviews.verdicts import Judged, decide, relabel
from tests.service.reviews.conftest import decision, record

ANNA, BEN, EVE = Reviewer("key:a"), Reviewer("key:b"), Reviewer("key:e")
HATE, SPAM, THREAT = Category.HATE, Category.SPAM, Category.HATE_THREATENING
YES, NO, UNSURE = LabelValue.YES, LabelValue.NO, LabelValue.UNSURE


def judged(desk: Desk, labels: dict[Category, LabelValue], **fields: Any) -> str:
    decision_id = record(desk, decision(probs={HATE: 0.95}), **fields)
    (lease,) = claim(desk, ANNA, Wanted(), 1, 60)
    decide(desk, ANNA, None, decision_id, lease.lease_id, Judged(VerdictKind.UPHOLD, labels))
    return decision_id


@pytest.fixture
def keeping(desk: Desk) -> Desk:
    return replace(desk, keeping=Keeping(ContentKept.TEXT))


def exported(desk: Desk, path: Path, wish: Wish) -> list[dict[str, Any]]:
    write_examples(examples(desk, wish), path)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.mark.parametrize("text", ["you are all the same", "zwei\nZeilen und ein \u2028 Trenner", '{"text": "quoted"}'])
def test_an_exported_verdict_is_an_example_of_the_next_training_set(keeping: Desk, tmp_path: Path, text: str) -> None:
    judged(keeping, {HATE: YES, SPAM: NO, THREAT: UNSURE}, content=text)
    exported(keeping, tmp_path / "labels.jsonl", Wish(with_content=True))
    files = {"labels.jsonl": (tmp_path / "labels.jsonl").read_text(encoding="utf-8")}
    dropped: Counter[Dropped] = Counter()
    (example,) = collect("weir_reviews", reviewed(files), frozenset(), dropped)
    values = dict(zip(LABELS, example.labels, strict=True))
    assert (values[HATE], values[SPAM], values[THREAT], values[Category.VIOLENCE]) == (1, 0, -1, -1)
    assert (example.weight, example.text.split()) == (1.0, text.split())
    assert example.timestamp is not None
    assert dropped == Counter()


def test_without_kept_content_an_example_names_the_decision_and_the_digest(desk: Desk, tmp_path: Path) -> None:
    decision_id = judged(desk, {}, content_id="post-7")
    (example,) = exported(desk, tmp_path / "labels.jsonl", Wish(with_content=True))
    assert "text" not in example
    assert (example["decision_id"], example["content_id"]) == (decision_id, "post-7")
    assert len(example["content_digest"]) == 64
    dropped: Counter[Dropped] = Counter()
    assert list(collect("r", reviewed({"f": json.dumps(example)}), frozenset(), dropped)) == []
    assert dropped[Dropped.EMPTY] == 1


def test_no_text_leaves_without_being_asked_for(keeping: Desk, tmp_path: Path) -> None:
    judged(keeping, {}, content="private words")
    assert "private" not in json.dumps(exported(keeping, tmp_path / "labels.jsonl", Wish()))


def test_texts_of_the_deployment_are_joined_by_content_id_or_decision_id(desk: Desk, tmp_path: Path) -> None:
    by_content = judged(desk, {}, content_id="post-7")
    by_decision = judged(desk, {})
    lines = [{"content_id": "post-7", "text": "first"}, {"decision_id": by_decision, "text": "second"}]
    (tmp_path / "content.jsonl").write_text("\n".join(map(json.dumps, lines)))
    wish = Wish(texts=read_texts(tmp_path / "content.jsonl"))
    found = {one["decision_id"]: one["text"] for one in exported(desk, tmp_path / "labels.jsonl", wish)}
    assert found == {by_content: "first", by_decision: "second"}


def test_the_latest_word_wins_and_the_disagreement_is_kept(desk: Desk, tmp_path: Path) -> None:
    decision_id = judged(desk, {HATE: YES})
    relabel(desk, BEN, None, decision_id, {HATE: NO}, None)
    relabel(desk, EVE, None, decision_id, {HATE: NO, SPAM: NO}, None)
    (example,) = exported(desk, tmp_path / "labels.jsonl", Wish())
    assert example["labels"] == {"hate": 0, "spam": 0}
    assert (example["disagreements"], example["weight"]) == (["hate"], pytest.approx(2 / 3, abs=1e-6))
    assert example["provenance"]["n_reviewers"] == 3
    assert example["provenance"]["sources"] == ["relabel", "review"]
    (sure,) = exported(desk, tmp_path / "sure.jsonl", Wish(min_agreement=0.7))
    assert (sure["labels"], sure["disagreements"], sure["weight"]) == ({"spam": 0}, [], 1.0)


def test_somebody_who_is_unsure_leaves_nothing_to_train_on(desk: Desk, tmp_path: Path) -> None:
    judged(desk, {HATE: UNSURE})
    assert exported(desk, tmp_path / "labels.jsonl", Wish()) == []
    assert count_labelled(desk, 0) == 1


def test_an_export_names_no_reviewer(desk: Desk, tmp_path: Path) -> None:
    judged(desk, {})
    exported(desk, tmp_path / "labels.jsonl", Wish())
    assert "key:a" not in (tmp_path / "labels.jsonl").read_text()


def test_parquet_has_the_same_labels_in_columns(keeping: Desk, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    judged(keeping, {HATE: YES, SPAM: NO}, content="a text")
    assert write_examples(examples(keeping, Wish(with_content=True)), tmp_path / "labels.parquet") == 1
    (row,) = parquet.read_table(tmp_path / "labels.parquet").to_pylist()
    assert (row["text"], row["hate"], row["spam"], row["violence"]) == ("a text", 1, 0, -1)
    assert json.loads(row["provenance"])["sources"] == ["review"]


def test_another_name_than_the_two_formats_is_refused_and_nothing_is_left(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"\.jsonl or \.parquet"):
        write_examples(examples(desk, Wish()), tmp_path / "labels.csv")
    assert list(tmp_path.glob("*.csv*")) == []


@pytest.mark.parametrize("line", ["no json", "[]", '{"text": "x"}', '{"id": "x"}', '{"id": 1, "text": "x"}'])
def test_a_line_that_cannot_be_joined_is_named_and_not_quoted(tmp_path: Path, line: str) -> None:
    (tmp_path / "content.jsonl").write_text(f'{{"id": "a", "text": "b"}}\n{line}\n')
    with pytest.raises(ExportError, match=r"content\.jsonl:2: a line is an object"):
        read_texts(tmp_path / "content.jsonl")


class Said:
    def __init__(self, category: str, reviewer: str, value: str) -> None:
        self.category, self.reviewer, self.value = category, reviewer, value


SAYINGS = st.builds(Said, st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from(["yes", "no", "unsure"]))


@given(st.lists(SAYINGS, min_size=1, max_size=12))
def test_agreement_is_a_share_and_full_where_all_who_are_sure_say_the_same(said: list[Said]) -> None:
    for category, vote in votes(said).items():  # type: ignore[arg-type]
        last = {one.reviewer: one.value for one in said if one.category == category}
        sure = {value for value in last.values() if value != "unsure"}
        assert vote.value == [one.value for one in said if one.category == category][-1]
        assert 0.0 <= vote.agreement <= 1.0
        assert (vote.agreement == 1.0) == (sure == {vote.value})
