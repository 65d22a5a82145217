"""The turn before a text: read with it, and neither kept nor told."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text as sql

from models.contracts import Action, Category, FailureCode
from service.asking import Ask as AskFor
from service.banks.rows import NewItem
from service.banks.signatures import Signatures, StoredEmbedding
from service.banks.store import BankStore
from service.banks.values import BankDraft
from service.engine import Engine, Outcome, open_engine
from service.panel import Ruling
from service.settings import Settings
from service.ticket import Scored
from service.turns import read_turns
from service.wire.schemas import DecisionsResponse
from tests.service.conftest import Ask
from tests.service.hashing import BUNDLE, HashingScorer, loaded_model

TURN = "idiot of a previousturn"
LONG = 2_001
"""One more than the tests' service takes."""


def decide(ask: Ask, *items: dict[str, Any], **options: Any) -> list[Any]:
    response = ask("POST", "/v1/decisions", json={"items": list(items)}, **options)
    return DecisionsResponse.model_validate_json(response.content).results


def probs(found: Any) -> list[float | None]:
    return [score.prob for score in found.scores]


def test_a_text_is_scored_after_the_turn_that_it_answers(ask: Ask) -> None:
    after, alone = decide(ask, {"text": "so be it", "previous": TURN}, {"text": "so be it"})
    assert probs(after) != probs(alone)


def test_scores_in_the_cache_are_those_after_the_same_turn(ask: Ask) -> None:
    text = "kept in the cache"
    first = [probs(decide(ask, {"text": text} | turn)[0]) for turn in ({}, {"previous": "idiot"}, {"previous": "no"})]
    again = [probs(decide(ask, {"text": text} | turn)[0]) for turn in ({}, {"previous": "idiot"}, {"previous": "no"})]
    assert first == again
    assert len({str(entry) for entry in first}) == 3


def test_after_a_turn_an_item_alone_is_scored_as_among_others(ask: Ask) -> None:
    items = [{"text": f"item {n}", "previous": "idiot" if n % 2 else None} for n in range(6)]
    together = [probs(found) for found in decide(ask, *items)]
    assert together == [probs(decide(ask, item)[0]) for item in items]


@pytest.mark.parametrize("turn", [None, "", " \n"])
def test_a_turn_with_nothing_in_it_is_as_good_as_none(ask: Ask, turn: str | None) -> None:
    given, without = decide(ask, {"text": "a lovely day", "previous": turn}, {"text": "a lovely day"})
    assert probs(given) == probs(without)


def test_a_turn_may_be_as_long_as_a_text(ask: Ask) -> None:
    fits, too_long = decide(ask, {"text": "hm", "previous": "x" * (LONG - 1)}, {"text": "hm", "previous": "x" * LONG})
    assert fits.outcome == "decided"
    assert (too_long.code, too_long.message.partition(":")[0]) == (FailureCode.TEXT_TOO_LONG, "previous")


def test_a_turn_that_is_no_unicode_fails_its_item_alone(ask: Ask) -> None:
    body = b'{"items": [{"text": "hm", "previous": "\\ud800"}, {"text": "hm"}]}'
    response = ask("POST", "/v1/decisions", content=body, headers={"content-type": "application/json"})
    broken, fine = response.json()["results"]
    assert (broken["code"], fine["outcome"]) == ("invalid_text", "decided")


def test_a_turn_is_a_string(ask: Ask) -> None:
    response = ask("POST", "/v1/decisions", json={"items": [{"text": "hm", "previous": ["a"]}]})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "items[0].previous")


def test_evidence_is_of_the_text_and_never_of_the_turn(ask: Ask) -> None:
    (found,) = decide(ask, {"text": "so be it", "previous": TURN, "evidence": True})
    assert found.evidence.spans == ()


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a-turn-is-not-kept"}])
def test_a_turn_is_neither_stored_nor_logged(
    ask: Ask, engine: Engine, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        (found,) = decide(ask, {"text": "an answer to it", "previous": TURN}, headers=headers)
    assert found.outcome == "decided"
    with engine.database.connect() as connection:
        tables = connection.execute(sql("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        rows = [str(tuple(row)) for table in tables for row in connection.execute(sql(f'SELECT * FROM "{table}"'))]
    assert any(found.decision_id in row for row in rows)
    assert not any("previousturn" in row for row in rows)
    assert "previousturn" not in caplog.text


def analyze(ask: Ask, context: Any) -> httpx.Response:
    body = {"comment": {"text": "so be it then"}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
    return ask("POST", "/v1alpha1/comments:analyze", json=body | ({} if context is None else {"context": context}))


def toxicity(response: httpx.Response) -> float:
    return float(response.json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"])


def test_the_last_entry_of_a_comments_context_is_the_turn_before(ask: Ask) -> None:
    alone = toxicity(analyze(ask, None))
    last = toxicity(analyze(ask, {"entries": [{"text": "hello"}, {"text": "idiot"}]}))
    assert last == toxicity(analyze(ask, {"entries": [{"text": "idiot"}]})) != alone


@pytest.mark.parametrize(
    "context",
    [
        {"articleAndParentComment": {"parentComment": {"text": "idiot"}, "article": {"text": "hello"}}},
        {"entries": [{"text": "<b>idiot</b>", "type": "HTML"}]},
        {"entries": [{"text": "x" * LONG + " idiot"}]},
    ],
)
def test_so_is_a_parent_comment_and_of_a_long_or_marked_up_one_what_is_read(ask: Ask, context: Any) -> None:
    assert analyze(ask, context).status_code == 200
    assert toxicity(analyze(ask, context)) != toxicity(analyze(ask, None))


@pytest.mark.parametrize("context", [{}, {"entries": []}, {"entries": [{"text": " "}]}, {"entries": [{}]}])
def test_a_context_without_a_text_changes_nothing(ask: Ask, context: Any) -> None:
    assert toxicity(analyze(ask, context)) == toxicity(analyze(ask, None))


def test_to_a_model_that_reads_no_turns_none_is_shown() -> None:
    assert read_turns(["a"], ["b"], reads=False, embeds=True).previous == ()


def scored(text: str, embedding: float | None) -> Scored:
    (prepared,) = HashingScorer().prepare([text])
    return Scored([0.5], text, prepared.features, embedding)  # type: ignore[arg-type]


def test_where_banks_compare_embeddings_a_text_is_read_alone_for_them() -> None:
    turns = read_turns(["a", "b", "c"], [None, "t", None], reads=True, embeds=True)
    assert (turns.texts, turns.previous) == (["a", "b", "c", "b"], [None, "t", None, None])
    outcomes = [scored("a", 1.0), scored("b", None), FailureCode.UNSCORABLE, scored("b", 2.0)]
    found = turns.outcomes(outcomes)
    assert [getattr(one, "embedding", one) for one in found] == [1.0, 2.0, FailureCode.UNSCORABLE]


def test_a_text_whose_second_reading_failed_fails() -> None:
    turns = read_turns(["a"], ["t"], reads=True, embeds=True)
    assert turns.outcomes([scored("a", None), FailureCode.DEADLINE_EXCEEDED]) == [FailureCode.DEADLINE_EXCEEDED]


def test_known_content_is_known_by_what_it_says_whatever_it_answers(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'weir.db'}", metrics_dir=tmp_path / "metrics")
    engine = open_engine(settings, loaded_model)
    known, posted = "one two three four five", "five four three two one"
    embeddings = HashingScorer().infer_embeddings(HashingScorer().prepare([known])[0].windows)[1]
    signatures = Signatures(text_sha256=b"k" * 32, text_embedding=StoredEmbedding(embeddings[0], BUNDLE.digest))
    store = BankStore(engine.database)
    store.create(BankDraft(name="known", category=Category.SPAM, action=Action.REMOVE, review=False))
    store.add("known", NewItem(signatures))
    engine.banks.poll()

    async def decided() -> list[Outcome]:
        done: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        texts, previous = [posted, posted, "something else"], [TURN, None, TURN]
        engine.submit(texts, AskFor("decisions", "default", previous=previous), done.set_result)
        outcomes = await done
        await engine.close()
        return outcomes

    after, alone, other = asyncio.run(decided())
    assert isinstance(after, Ruling)
    assert isinstance(alone, Ruling)
    assert not isinstance(other, Ruling)
