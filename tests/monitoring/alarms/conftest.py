"""A monitor over a synthetic store: a quiet day, then hours in which addresses and harm appear."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitoring.alarms.loading import load_rules
from monitoring.home import Home
from monitoring.looking import View
from monitoring.reference.building import build_reference
from monitoring.reference.reference import Reference
from monitoring.reference.storing import save_reference
from monitoring.running import Drawing, Runner
from monitoring.settings import MonitorSettings
from monitoring.state.opening import open_state
from monitoring.windows.window import DAY_US
from tests.monitoring.conftest import BUNDLE_DIGEST, START_US, make_records, make_window, write_store

QUIET_US = START_US + DAY_US
"""The end of the quiet day."""


@dataclass(frozen=True)
class Monitor:
    """A home with a reference, and settings that name a store."""

    home: Home
    settings: MonitorSettings

    def runner(self, safety_days: float = 0.0, **drawing: object) -> Runner:
        chosen = Drawing(**({"reports": "never", "publishes": False} | drawing))
        engine = open_state(self.home)
        return Runner(
            self.settings, self.home, engine, load_rules(), View(safety_days=safety_days, has_slices=False), chosen
        )

    def over(self, source: str) -> "Monitor":
        return Monitor(self.home, self.settings.model_copy(update={"source": source}))


@pytest.fixture(scope="session")
def quiet_reference() -> Reference:
    window = make_window(1_500, 1, start_us=START_US - 10 * DAY_US)
    return build_reference(window, BUNDLE_DIGEST, "text-test 1.0.0", "production")


@pytest.fixture(scope="session")
def shifting_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    records = make_records(1_200, 2)
    shift = {"n_urls": lambda rng: int(rng.random() < 0.5), "context": json.dumps({})}
    records += make_records(600, 3, start_us=QUIET_US, hours=6, shift=shift, harmful=0.4)
    return write_store(f"sqlite:///{tmp_path_factory.mktemp('shifting') / 'weir.db'}", records)


@pytest.fixture
def monitor(tmp_path: Path, quiet_reference: Reference, shifting_store: str) -> Iterator[Monitor]:
    home = Home(tmp_path / "home").make()
    save_reference(quiet_reference, home.references / "quiet")
    return Monitor(home, MonitorSettings(source=shifting_store))
