"""Medians and the ratios that the project is held to."""

from scripts.bench.results import RATIOS, Measurement, errors, ratios, rows


def measured(system, scenario="single_c64", number=0, rate=100.0, **changes) -> Measurement:
    values = {"requests_per_s": rate, "p50_ms": 1.0, "p99_ms": 2.0, "n_requests": 10, **changes}
    return Measurement(system=system, scenario=scenario, round=number, texts_per_s=rate, **values)


def test_a_row_holds_the_median_rate_the_summed_errors_and_the_highest_memory():
    found = [
        measured("weir", number=0, rate=10.0, pss_mb=5.0),
        measured("weir", number=1, rate=30.0, pss_mb=9.0, non_2xx=1),
        measured("weir", number=2, rate=20.0, pss_mb=7.0, wrong_answers=2),
    ]
    (row,) = rows(found)
    assert (row.texts_per_s, row.lowest_texts_per_s, row.highest_texts_per_s) == (20.0, 10.0, 30.0)
    assert (row.errors, row.pss_mb) == (3, 9.0)


def test_every_ratio_is_there_and_none_where_it_was_not_measured():
    found = [measured("weir", rate=50.0), measured("raw", rate=100.0)]
    assert set(ratios(found)) == set(RATIOS)
    assert ratios(found)["ratio_raw_single_c64"] == 0.5
    assert ratios(found)["ratio_mosec"] is None


def test_the_list_ratio_is_taken_from_the_list_load():
    found = [measured(system, "batch32", rate=rate) for system, rate in (("weir", 90.0), ("raw", 100.0))]
    assert ratios(found)["ratio_raw_batch32"] == 0.9
    assert ratios(found)["ratio_raw_single_c64"] is None


def test_errors_count_everything_that_went_wrong_with_one_system():
    found = [
        measured("weir", non_2xx=1, connection_errors=2),
        measured("weir", "batch32", timeouts=3, wrong_answers=4, lost_processes=5),
        measured("mosec", non_2xx=99),
    ]
    assert errors(found) == 15
