import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitoring.errors import ReferenceWindowError
from monitoring.home import Home
from monitoring.reference.building import build_reference
from monitoring.reference.reference import Reference
from monitoring.reference.storing import find_reference, load_reference, save_reference
from monitoring.windows.window import DAY_US, HOUR_US
from tests.monitoring.drift.drift_cases import BUNDLES, traffic

DIGEST, BUNDLE = next(iter(BUNDLES.items()))


@pytest.fixture(scope="module")
def reference() -> Reference:
    return build_reference(traffic(2_000, 1), DIGEST, BUNDLE, "production")


def test_a_reference_is_read_back_as_it_was(reference: Reference, tmp_path: Path) -> None:
    save_reference(reference, tmp_path)
    again = load_reference(tmp_path)
    assert (again.id, again.bundle, again.created_at, again.noise) == (
        reference.id, reference.bundle, reference.created_at, reference.noise,
    )  # fmt: skip
    pd.testing.assert_frame_equal(again.window.frame, reference.window.frame)
    np.testing.assert_array_equal(again.window.text_vectors, reference.window.text_vectors)
    assert again.window.totals == reference.window.totals


def test_a_reference_names_no_item(reference: Reference) -> None:
    assert set(reference.window.frame["decision_id"]) == {str(row) for row in range(2_000)}
    assert "content_digest" not in reference.window.frame


def test_the_same_decisions_have_the_same_id_and_others_another(reference: Reference) -> None:
    assert build_reference(traffic(2_000, 1), DIGEST, BUNDLE, "production").id == reference.id
    assert build_reference(traffic(2_000, 2), DIGEST, BUNDLE, "production").id != reference.id


def test_too_few_decisions_are_no_reference() -> None:
    with pytest.raises(ReferenceWindowError, match="at least 500"):
        build_reference(traffic(100), DIGEST, BUNDLE, "production")


def test_a_changed_file_is_noticed(reference: Reference, tmp_path: Path) -> None:
    save_reference(reference, tmp_path)
    description = json.loads((tmp_path / "reference.json").read_text())
    (tmp_path / "reference.json").write_text(json.dumps(description | {"bundle_digest": "another"}))
    with pytest.raises(ReferenceWindowError, match="do not have its id"):
        load_reference(tmp_path)


@pytest.mark.parametrize("name", ["reference.json", "rows.parquet"])
def test_a_damaged_file_is_told_without_a_traceback(reference: Reference, tmp_path: Path, name: str) -> None:
    save_reference(reference, tmp_path)
    (tmp_path / name).write_bytes(b"PAR1 no")
    with pytest.raises(ReferenceWindowError, match=r"build .*again"):
        load_reference(tmp_path)


def test_an_empty_folder_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ReferenceWindowError, match=r"reference\.json is missing"):
        load_reference(tmp_path)


def test_the_newest_reference_of_the_bundle_counts_before_the_shipped_one(reference: Reference, tmp_path: Path) -> None:
    home, bundles = Home(tmp_path / "home").make(), tmp_path / "bundles"
    save_reference(
        replace(reference, origin="evaluation", id=_id(reference, "evaluation")), bundles / "b" / "reference"
    )
    assert find_reference(DIGEST, home, bundles).origin == "evaluation"
    save_reference(reference, home.references / reference.id)
    assert find_reference(DIGEST, home, bundles).origin == "production"


def test_no_reference_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(ReferenceWindowError, match="weir monitor reference build"):
        find_reference(DIGEST, Home(tmp_path), None)


def test_a_reference_with_a_daily_rhythm_knows_what_is_usual() -> None:
    def swing(_: np.random.Generator, frame: pd.DataFrame) -> None:
        odd = (frame["decided_at_us"] % DAY_US) // (6 * HOUR_US) == 0
        frame.loc[odd, "n_chars"] = frame.loc[odd, "n_chars"] * 2

    steady = build_reference(traffic(6_000, 3, hours=48), DIGEST, BUNDLE, "production").noise
    swinging = build_reference(traffic(6_000, 3, hours=48, change=swing), DIGEST, BUNDLE, "production").noise
    assert swinging["n_chars/location@6"] > 3 * steady.get("n_chars/location@6", 0.0) + 0.03


def _id(reference: Reference, origin: str) -> str:
    from monitoring.reference.building import identify

    return identify(reference.window, reference.bundle_digest, origin)
