"""What `weir bench startup` writes."""

from dataclasses import replace

from scripts.bench.installed import InstalledSize
from scripts.bench.machine import Machine
from scripts.bench.processes import Memory
from scripts.bench.startup import Start, StartupReport, startup_section

MACHINE = Machine("2026-01-02", "Some CPU", 2, 8.0, "3.11.0", "6.1", {"numpy": "2.4.0"}, 0.0)


def report() -> StartupReport:
    starts = tuple(
        Start(seconds, 2.0, Memory(90.0, 80.0), Memory(100.0, 70.0 + seconds), 0) for seconds in (1.0, 4.0, 2.0)
    )
    return StartupReport(MACHINE, 2, starts, InstalledSize(300.5, {"numpy": 68.0}, 92, ()))


def test_the_headline_numbers_are_medians_over_starts():
    numbers = report().as_json()
    assert (numbers["cold_start_s"], numbers["resident_mb"], numbers["installed_mb"]) == (2.0, 72.0, 300.5)


def test_the_section_states_measured_values_beside_their_targets():
    section = startup_section(report())
    assert "| start to first answer | 2.00 s | under 5 s |" in section
    assert "| installed serving environment | 300 MB | under 700 MB |" in section
    assert "2026-01-02" in section


def test_memory_after_pictures_is_stated_where_pictures_were_posted():
    seen = Memory(300.0, 200.0, rss_mb=250.0)
    with_pictures = replace(report(), starts=tuple(replace(start, seen=seen) for start in report().starts))
    assert "| resident memory after pictures and memes as well | 200 MB | under 1 GB |" in startup_section(
        with_pictures
    )
    assert "after pictures and memes as well" not in startup_section(report())
    numbers = with_pictures.as_json()
    assert (numbers["rss_sum_pictures_mb"], numbers["peak_rss_sum_mb"]) == (250.0, 300.0)
