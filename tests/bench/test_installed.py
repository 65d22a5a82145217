"""The size of the serving environment."""

from scripts.bench.installed import closure, measure_installed, serving_requirements


def test_the_serving_environment_has_no_training_library():
    found, _ = closure(serving_requirements())
    assert {"bentoml", "onnxruntime", "pydantic"} <= set(found)
    assert not {"torch", "transformers", "pandas", "evidently"} & set(found)


def test_requirements_of_requirements_are_followed_and_absent_ones_named():
    found, missing = closure(["typer", "no-such-distribution"])
    assert "click" in found or "rich" in found
    assert missing == ("no-such-distribution",)


def test_markers_are_honoured():
    found, missing = closure(["rich; python_version < '3'"])
    assert (found, missing) == ({}, ())


def test_the_total_is_the_sum_of_the_distributions():
    size = measure_installed()
    assert size.total_mb > sum(size.largest_mb.values()) > 0.0
    assert size.n_distributions > len(size.largest_mb)
