"""`python -m scripts.behaviour_floors`: measure a bundle on the behaviour suite and write what it reaches as floors."""

from pathlib import Path
from typing import Annotated

import typer

FLOORS = Path("tests/behaviour/floors.yaml")


def main(
    bundle: Annotated[Path, typer.Option(help="The text bundle to measure.")] = Path("models/bundles/text-minilm"),
    out: Annotated[Path, typer.Option(help="The file to write.")] = FLOORS,
) -> None:
    """Measure, write, and say what changed."""
    from models.evaluation.behaviour.filling import shipped_trials
    from models.evaluation.behaviour.floors import measure_floors, read_floors, write_floors
    from models.evaluation.behaviour.judging import ask
    from models.runtime.bundle import load_text_bundle
    from models.runtime.classifier import open_classifier

    loaded = load_text_bundle(bundle)
    before = read_floors(out).functionalities if out.exists() else {}
    sheet, unscored = ask(open_classifier(loaded), shipped_trials())
    floors = measure_floors(sheet, unscored, f"{loaded.manifest.name} {loaded.manifest.version} {loaded.digest[:12]}")
    write_floors(floors, out)
    changes = {name: one.rate - before[name].rate for name, one in floors.functionalities.items() if name in before}
    for name, change in sorted(changes.items(), key=lambda item: item[1]):
        if change:
            typer.echo(f"{change:+.2f}  {name}")
    rates = [one.rate for one in floors.functionalities.values()]
    typer.echo(f"{out}: {len(rates)} functionalities, mean rate {sum(rates) / len(rates):.3f}")


if __name__ == "__main__":
    typer.run(main)
