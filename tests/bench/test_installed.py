"""The size of the serving environment."""

from scripts.bench.installed import closure, locked_requirements, measure_installed, serving_requirements


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


def test_every_line_of_the_lock_that_names_a_distribution_is_a_requirement(tmp_path):
    lock = tmp_path / "serve.txt"
    lock.write_text("# written by a tool\na2wsgi==1.10.10\n    # via\n    #   bentoml\nnumpy==2.4.6  # via weir\n")
    assert locked_requirements(lock) == ["a2wsgi==1.10.10", "numpy==2.4.6"]
