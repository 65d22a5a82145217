"""The desk: what a person or a program does with policies, each with its checks, in the order that keeps them safe."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from service.policy.compiling import Scoring
from service.policy.document import PolicyDocument
from service.rollout.documents import reopen, require_usable
from service.rollout.shadow_store import ShadowStore
from service.rollout.store import PolicyStore
from service.rollout.values import Activation, ShadowKind, ShadowSetting, StoredPolicy


@dataclass(frozen=True)
class Desk:
    """Policies of one deployment. Nothing comes to power here that cannot be compiled.

    Attributes:
        scorings: what there is to know of the bundles that serve; asked when a policy has to be tried.
        changed: told after every change, so that this process follows at once.

    """

    database: Engine
    scorings: Callable[[], Sequence[Scoring]]
    changed: Callable[[], None] = lambda: None

    @property
    def policies(self) -> PolicyStore:
        """To read from."""
        return PolicyStore(self.database)

    @property
    def shadows(self) -> ShadowStore:
        """To read from."""
        return ShadowStore(self.database)

    def add(self, document: PolicyDocument, actor: str) -> StoredPolicy:
        """Store a policy that was read without an error."""
        return self.policies.add(document, actor)

    def activate(self, version: str, percent: int, actor: str, reason: str) -> Activation:
        """Let a stored policy decide for `percent` of tenants.

        Raises:
            PolicyError, UnusablePolicyError: It cannot be compiled with the bundles that serve.
            RolloutError: It is not stored, or decides already.

        """
        self._try(version)
        activation = self.policies.activate(version, percent, actor, reason)
        self.changed()
        return activation

    def roll_back(self, actor: str, reason: str) -> Activation:
        """Take back what was activated last. What decides then is tried first, too.

        Raises:
            NothingToRollBackError: Nothing decided before.
            PolicyError, UnusablePolicyError: What would decide cannot be compiled any more: activate another one.

        """
        back_to = self.policies.standing().rolled_back().base
        if back_to is not None:
            self._try(back_to)
        activation = self.policies.roll_back(actor, reason)
        self.changed()
        return activation

    def shadow(self, kind: ShadowKind, target: str, share: float, actor: str) -> ShadowSetting:
        """Let a stored policy, or a bundle, run beside what decides.

        Raises:
            PolicyError, UnusablePolicyError, RolloutError: It cannot.

        """
        if kind is ShadowKind.POLICY:
            self._try(target)
        setting = self.shadows.set(kind, target, share, actor)
        self.changed()
        return setting

    def clear_shadow(self, kind: ShadowKind, actor: str) -> bool:
        """Let nothing of this kind run beside any more; False when nothing did."""
        was_set = self.shadows.clear(kind, actor)
        self.changed()
        return was_set

    def _try(self, version: str) -> None:
        require_usable(reopen(self.policies.policy(version)), self.scorings())
