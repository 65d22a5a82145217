from pathlib import Path

from models.evaluation.behaviour import filling
from models.evaluation.behaviour.floors import read_floors
from scripts.behaviour_floors import main

BUNDLE = Path(__file__).parents[2] / "models/bundles/text-minilm"


def test_floors_are_written_and_what_changed_is_said(monkeypatch, tmp_path, capsys) -> None:
    few = filling.shipped_trials()[:12]
    monkeypatch.setattr(filling, "shipped_trials", lambda: few)
    out = tmp_path / "floors.yaml"
    main(BUNDLE, out)
    first = read_floors(out)
    assert first.bundle.startswith("text-minilm ")
    assert set(first.functionalities) | set(first.unscored) == {trial.functionality for trial in few}
    out.write_text(
        out.read_text().replace(f"rate: {next(iter(first.functionalities.values())).rate:.4f}", "rate: 0.1234")
    )
    capsys.readouterr()
    main(BUNDLE, out)
    assert next(iter(first.functionalities)) in capsys.readouterr().out
    assert read_floors(out) == first
