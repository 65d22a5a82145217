"""What the store of policies keeps, as values."""

from dataclasses import dataclass
from enum import StrEnum

from service.rollout.standing import ActivationKind


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A policy as it was stored, for ever.

    Attributes:
        version: digest of the text.
        text: of the file.
        created_at_us: microseconds since 1970, UTC.
        created_by: an actor, as the audit log names them.

    """

    version: str
    name: str
    text: str
    created_at_us: int
    created_by: str


@dataclass(frozen=True, slots=True)
class Activation:
    """One change of who decides.

    Attributes:
        version: what decides from here on, for `percent` of tenants.
        previous_version: what decided before; for a rollback what was taken back; None for the first of all.

    """

    id: int
    kind: ActivationKind
    version: str
    previous_version: str | None
    percent: int
    at_us: int
    actor: str
    reason: str


class ShadowKind(StrEnum):
    """What can run beside what decides."""

    POLICY = "policy"
    BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class ShadowSetting:
    """What runs beside now.

    Attributes:
        target: the version of a policy, or the folder of a text bundle.
        share: of decisions that it runs beside, above 0 and up to 1.

    """

    kind: ShadowKind
    target: str
    share: float
    set_at_us: int
    set_by: str
