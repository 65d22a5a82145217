from pathlib import Path

import pytest

from monitoring.safety.catalogue import DEFINITIONS

TEXT = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_metric_is_defined_in_the_documents(name: str) -> None:
    assert f"`{name.removesuffix('_p50').removesuffix('_p90')}`" in TEXT or "golden_" in name
