"""What a look says when another bundle has begun to decide."""

from dataclasses import replace

from models.contracts import BundleReference
from monitoring.looking import newest_bundle, takeover
from tests.monitoring.conftest import known_deciders, make_window

NEW = BundleReference(name="text-test", version="2.0.0", digest="cd" * 32)


def test_a_new_bundle_is_named_with_the_time_of_its_first_decision_and_the_one_before() -> None:
    window = make_window(400)
    old_id = str(window.frame["decider_id"].iloc[0])
    frame = window.frame.assign(decider_id=window.frame["decider_id"].astype(str))
    frame.loc[300:, "decider_id"] = "n" * 16
    deciders = known_deciders()
    deciders["n" * 16] = replace(deciders[old_id], id="n" * 16, bundles=(NEW,))
    switched = replace(window, frame=frame)
    assert newest_bundle(deciders, [switched]) == NEW
    said = takeover(deciders, switched, NEW) or ""
    first = frame["decided_at_us"].iloc[300]
    assert "text-test 2.0.0" in said
    assert "text-test 1.0.0 did before" in said
    assert f"{(first // 60_000_000) % 60:02d} UTC" in said
    assert "weir monitor compare" in said


def test_a_bundle_that_always_decided_took_over_from_none() -> None:
    deciders, window = known_deciders(), make_window(50)
    (bundle,) = {decider.bundles[0] for decider in deciders.values()}
    assert takeover(deciders, window, bundle) is None
