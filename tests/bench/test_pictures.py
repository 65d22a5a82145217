"""Pictures that are drawn, requests that carry them, and what is made of the answers."""

import base64
import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from scripts.bench.pictures_costs import StageCost, Stopwatch, total_ms
from scripts.bench.pictures_loads import LOADS, N_REQUESTS, PictureLoad
from scripts.bench.pictures_made import HEIGHT, WIDTH, jpeg, meme, photograph, png
from scripts.bench.pictures_results import Checked, PictureMeasurement, check_answers, picture_rows
from scripts.bench.pictures_stages import Order, StagesError, measure_stages, read_costs

TWO = PictureLoad("two", "", lambda seed: bytes([seed]), n_pictures=2, text="words")


def answer(*images: tuple[bool, bool], outcome: str = "decided") -> bytes:
    seen = [{"text_found": found, "text_read": read} for found, read in images]
    return json.dumps({"results": [{"outcome": outcome, "evidence": {"images": seen}}]}).encode()


def measured(load: str, number: int, cpu_ms: float, latencies_ms=(1.0,), **changes) -> PictureMeasurement:
    values = {"requests_per_s": cpu_ms, "client_us": 1.0, "errors": 0, "checked": Checked(), "pss_mb": 1.0, **changes}
    return PictureMeasurement(load=load, round=number, latencies_ms=latencies_ms, cpu_ms=cpu_ms, **values)


def test_a_seed_always_gives_the_same_picture_and_another_one_another():
    assert np.array_equal(photograph(1), photograph(1))
    assert not np.array_equal(photograph(1), photograph(2))


def test_a_meme_differs_from_its_photograph_only_where_its_lines_are():
    difference = np.abs(np.asarray(meme(3), dtype=int) - np.asarray(photograph(3), dtype=int)).max(axis=(1, 2))
    assert difference[:72].max() > 100
    assert difference[HEIGHT - 72 :].max() > 100
    assert difference[72 : HEIGHT - 72].max() == 0


@pytest.mark.parametrize(("write", "form"), [(jpeg, "JPEG"), (png, "PNG")])
def test_files_are_of_the_size_that_tables_state(write, form):
    with Image.open(BytesIO(write(photograph(0)))) as picture:
        assert (picture.format, picture.size) == (form, (WIDTH, HEIGHT))


def test_a_photograph_has_as_many_bytes_as_a_camera_makes_of_that_size():
    assert 50_000 < len(jpeg(photograph(0))) < 150_000


def test_every_request_of_a_load_has_the_text_and_begins_with_another_picture():
    requests = TWO.requests()
    assert len(requests) == len(set(requests)) == N_REQUESTS
    (item,) = json.loads(requests[1].partition(b"\r\n\r\n")[2])["items"]
    assert item["text"] == "words"
    assert [base64.b64decode(image["url"].partition(",")[2]) for image in item["images"]] == [b"\x01", b"\x02"]


def test_the_declared_type_is_that_of_the_file():
    load = PictureLoad("one", "", lambda _: b"")
    assert b"data:image/png;" in load.request([png(Image.new("RGB", (8, 8)))])
    assert b"data:image/jpeg;" in load.request([jpeg(Image.new("RGB", (8, 8)))])


def test_loads_have_names_of_their_own():
    assert len({load.name for load in LOADS}) == len({load.title for load in LOADS}) == len(LOADS)


def test_right_answers_are_counted_by_picture_and_by_what_was_read():
    answers = {0: answer((False, False), (True, True)), 1: answer((False, False), (False, False))}
    assert check_answers(answers, TWO) == Checked(n_wrong=0, n_pictures=4, n_read=1)


@pytest.mark.parametrize(
    "body",
    [
        answer((False, False)),
        answer((False, False), (False, False), outcome="failed"),
        answer((False, False), (True, False)),
        b'{"results": []}',
        b"not json",
    ],
)
def test_answers_without_what_was_asked_are_wrong(body):
    assert check_answers({0: body}, TWO) == Checked(n_wrong=1)


def test_a_row_has_medians_over_rounds_and_latencies_of_all_requests():
    rows = picture_rows(
        [
            measured("one", 0, 10.0, (1.0, 2.0), errors=1, pss_mb=5.0),
            measured("one", 1, 40.0, (3.0,), checked=Checked(n_pictures=3, n_read=2)),
            measured("one", 2, 20.0, (4.0, 5.0)),
            measured("other", 0, 1.0),
        ]
    )
    (one, _) = rows
    assert (one.cpu_ms, one.lowest_cpu_ms, one.highest_cpu_ms) == (20.0, 10.0, 40.0)
    assert (one.n_requests, one.p50_ms, one.p99_ms) == (5, 3.0, 5.0)
    assert (one.errors, one.n_read, one.n_checked, one.pss_mb) == (1, 2, 3, 5.0)


def test_a_load_without_answers_has_a_row_of_its_errors():
    (row,) = picture_rows([measured("one", 0, 0.0, (), errors=7)])
    assert (row.n_requests, row.errors) == (0, 7)


def test_a_stopwatch_returns_what_was_done_and_knows_what_was_not():
    watch = Stopwatch()
    watch.kind = "meme"
    assert watch.time("decode", lambda: 7) == 7
    costs = {(cost.kind, cost.stage): cost.median_ms for cost in watch.costs()}
    assert costs["meme", "decode"] is not None
    assert costs["meme", "OCR"] is costs["photo_png", "decode"] is None


def test_a_total_is_of_one_kind_and_leaves_skipped_stages_out():
    costs = [StageCost("meme", "decode", 2.0), StageCost("meme", "OCR", 3.0), StageCost("meme", "fusion", None)]
    assert total_ms([*costs, StageCost("photo_png", "decode", 99.0)], "meme") == 5.0


def test_costs_are_read_from_the_last_line():
    printed = 'a warning\n[{"kind": "meme", "stage": "OCR", "median_ms": 1.5, "lowest_ms": 1.0, "highest_ms": 2.0}]\n'
    assert read_costs(printed) == [StageCost("meme", "OCR", 1.5, 1.0, 2.0)]


def test_stages_without_bundles_fail_with_what_the_process_said(tmp_path):
    with pytest.raises(StagesError, match="0 text bundles"):
        measure_stages(Order(str(tmp_path), str(tmp_path / "stages.db"), n_pictures=1, repeats=1))
