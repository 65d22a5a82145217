"""Checking answers against the classifier's own scores."""

import json

from scripts.bench.answers import count_wrong, sampled_requests
from scripts.bench.systems import SYSTEMS

REFERENCE = {"a": {"toxicity": 0.25}, "b": {"toxicity": 0.75}}
REQUESTS = [["a"], ["a", "b"]]


def body(*scores):
    return json.dumps([{"toxicity": score} for score in scores]).encode()


def wrong(answers):
    return count_wrong(answers, REQUESTS, json.loads, REFERENCE)


def test_scores_within_the_tolerance_are_right():
    assert wrong({0: body(0.2505), 1: body(0.25, 0.75)}) == 0


def test_scores_of_the_wrong_text_are_wrong():
    assert wrong({1: body(0.75, 0.25)}) == 1


def test_missing_texts_missing_categories_and_rubbish_are_wrong():
    assert wrong({1: body(0.25)}) == 1
    assert wrong({0: b'[{"spam": 0.25}]'}) == 1
    assert wrong({0: b"<html>"}) == 1
    assert wrong({0: b"[null]"}) == 1


def test_a_sample_never_names_a_request_that_does_not_exist():
    assert max(sampled_requests(5, 64)) < 5
    assert len(sampled_requests(1000, 64)) == 24


def test_every_system_reads_the_answer_it_gives():
    bodies = {
        "weir": b'{"results": [{"category_scores": {"toxicity": 0.25}}]}',
        "bentoml_batchable": b'[{"toxicity": 0.25}]',
    }
    for system in SYSTEMS:
        answer = bodies.get(system.name, b'{"results": [{"toxicity": 0.25}]}')
        assert system.answer(answer) == [{"toxicity": 0.25}]


def test_a_single_text_is_sent_as_a_text_and_several_as_a_list():
    for system in SYSTEMS:
        (single,) = json.loads(system.body(["a"])).values()
        (several,) = json.loads(system.body(["a", "b"])).values()
        assert single in ("a", ["a"])
        assert several == ["a", "b"]
