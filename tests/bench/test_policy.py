"""The benchmark of policies: every situation is measured, and written under the name of its command."""

from scripts.bench.policy import N_STEPS, policy_section, policy_sheets, run_policy
from service.settings import ROOT


def test_every_policy_and_list_is_measured_in_every_situation() -> None:
    steps: list[str] = []
    report = run_policy(ROOT / "models" / "bundles", 5, steps.append)
    assert len(steps) == N_STEPS
    policies, lists = policy_sheets(report)
    assert (len(policies.rows), len(lists.rows)) == (4, 4)
    assert all(cost.p50_us <= cost.p99_us for cost in (*report.policies, *report.lists))
    section = policy_section(report)
    assert "`weir bench policy`" in section
    assert policies.markdown() in section
