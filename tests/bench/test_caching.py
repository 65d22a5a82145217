"""The traffic and the sums of the cache's benchmark."""

import json

from scripts.bench.caching import WITH, WITHOUT, CacheReport, CacheSettings, Shot, Traffic, same_answer
from scripts.bench.caching_report import cache_section
from scripts.bench.machine import Machine

MACHINE = Machine("2026-01-01", "a processor", 2, 8.0, "3.11", "6", {}, 0.0)


def shot(server: str, number: int, rate: float, load: str = "single_c64", wrong: int = 0) -> Shot:
    return Shot(server, load, number, rate, 1.0, 2.0, 0.5, 0, wrong, 10)


def report(*shots: Shot) -> CacheReport:
    lists = (shot(WITHOUT, 0, 10.0, "batch32"), shot(WITH, 0, 30.0, "batch32"))
    return CacheReport(CacheSettings(()), MACHINE, (*shots, *lists), 0.5, 1.0)


def test_half_of_the_texts_were_sent_before() -> None:
    texts = Traffic(["one", "two"]).texts(4_000)
    assert 0.45 < 1 - len(set(texts)) / len(texts) < 0.55


def test_no_round_repeats_the_texts_of_another() -> None:
    traffic = Traffic(["one", "two"])
    assert not set(traffic.texts(500)) & set(traffic.texts(500))


def test_a_ratio_is_of_medians_over_rounds() -> None:
    pairs = ((100.0, 200.0), (110.0, 210.0), (90.0, 400.0))
    shots = [shot(name, number, pair[name == WITH]) for number, pair in enumerate(pairs) for name in (WITHOUT, WITH)]
    single = report(*shots).compared()[0]
    assert (single.without, single.with_cache, single.ratio) == (100.0, 210.0, 2.1)


def test_the_section_says_what_was_reached_and_what_differs() -> None:
    section = cache_section(report(shot(WITHOUT, 0, 100.0, wrong=3), shot(WITH, 0, 150.0, wrong=3)))
    assert "single_c64: 1.50, **not reached**." in section
    assert "batch32: 3.00, reached." in section
    assert "3 differ" in section


def answer(score: float, *, flagged: bool = False, name: str = "1") -> bytes:
    return json.dumps({"id": name, "results": [{"flagged": flagged, "category_scores": {"hate": score}}]}).encode()


def test_answers_are_the_same_up_to_their_id_and_the_last_decimal() -> None:
    assert same_answer(answer(0.266136), answer(0.266135, name="2"))
    assert not same_answer(answer(0.266136), answer(0.266133))
    assert not same_answer(answer(0.5), answer(0.5, flagged=True))
