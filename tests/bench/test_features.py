"""The bench of features: every part is in the table, and a part is what `text_features` says of a text."""

from models.runtime.features import text_features
from scripts.bench.features import PARTS, FeaturesReport, features_section
from scripts.bench.machine import describe_machine

RAW, TEXT = "you h4te f\u200buck", "you h4te fuck"


def test_every_part_of_every_kind_of_text_is_in_the_table() -> None:
    texts = {kind: dict.fromkeys(PARTS, 12.5) for kind in ("as written", "disguised")}
    section = features_section(FeaturesReport(describe_machine(), texts, dict.fromkeys(PARTS, 1.0), (100, 101), (5, 1)))
    assert all(f"| {name} | 12.5 | 12.5 | 1 |" in section for name in PARTS)
    assert "101 (1.010 x)" in section


def test_the_parts_are_what_records_keep() -> None:
    language, script, altered, disguised = (part(RAW, TEXT) for part in list(PARTS.values())[1:])
    features = text_features(TEXT, 1, 1, 1 / len(RAW))
    assert (language, script) == (features.language, features.script)
    assert (altered, disguised) == (features.altered_share, features.disguised_share)
