"""Every example in the pages about policies is legal, and nothing in it is doubtful."""

import re
from pathlib import Path

import pytest

from service.policy.bundled import read_scorings
from service.policy.checking import check_policy
from service.policy.document import load_policy
from service.settings import ROOT

PAGES = ("policies.md", "rolling-out-policies.md")
EXAMPLES = [
    block
    for page in PAGES
    for block in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
]


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_in_the_docs_checks_clean(example: str, tmp_path: Path) -> None:
    """One that shows lists alone gets a rule for each of them, and a file for each that it names."""
    text = example
    if "name:" not in {line.split(" ")[0] for line in example.splitlines()}:
        names = re.findall(r"^  ([a-z-]+):", example, re.MULTILINE)
        rules = "".join(f"  - {{id: {name}, when: {{list: {name}}}, action: label, message: m}}\n" for name in names)
        text = f"name: lists\n{example}rules:\n{rules}"
    for file in re.findall(r"file: (\S+)", example):
        (tmp_path / file).write_text("entry\n", encoding="utf-8")
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    assert check_policy(load_policy(tmp_path / "example.yaml"), read_scorings(ROOT / "models" / "bundles")) == []


def test_the_pages_have_examples() -> None:
    assert len(EXAMPLES) >= 3
