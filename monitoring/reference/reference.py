"""A reference: a window of traffic that is taken as usual, frozen and identified."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitoring.windows.window import Window


@dataclass(frozen=True)
class Reference:
    """What traffic is compared with.

    Attributes:
        id: digest of its contents, hex: two references with one id hold the same decisions.
        bundle_digest: of the text bundle that scored it; predictions of another one cannot be compared with it.
        bundle: its name and version.
        created_at: when it was built.
        origin: where it comes from, such as `production` or `evaluation`, in words.
        window: the decisions.
        noise: how much its own stretches differ from each other beyond chance, by `name/question@hours`: changes
            smaller than that are usual here.
        by_length: share of a column in its own stretches over that in the whole, by `name@hours`, where longer windows
            hold more by themselves.

    """

    id: str
    bundle_digest: str
    bundle: str
    created_at: datetime
    origin: str
    window: Window
    noise: Mapping[str, float]
    by_length: Mapping[str, float] = field(default_factory=dict)

    @property
    def has_times(self) -> bool:
        """Its decisions were made over time; evaluation data has none."""
        return bool(self.window.totals.by_hour)
