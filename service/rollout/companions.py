"""Companions of an engine: the thread that follows activations, and the shadows that run beside decisions."""

from service.engine import Engine
from service.rollout.desk import Desk
from service.rollout.documents import scorings
from service.rollout.following import Follower
from service.rollout.lineups import LineupBuilder
from service.rollout.shadow_bundle import Choice, ShadowBundle
from service.rollout.shadowing import ShadowPolicyHook


def open_rollout(engine: Engine) -> None:
    """Start what a worker needs to follow the rollout; it is closed with the engine."""
    follower = follow(engine)
    follower.start()
    engine.background.append(follower)
    engine.hooks.append(ShadowPolicyHook(engine.judges, engine.recorder.shadow_policy_judged))
    bundle = open_shadow_bundle(engine)
    bundle.start()
    engine.hooks.append(bundle)
    engine.background.append(bundle)


def follow(engine: Engine) -> Follower:
    """Keeps the engine's judges new, once it is started or polled."""
    return Follower(engine.database, engine.judges, LineupBuilder(engine.database, engine.models, engine.new_id))


def open_shadow_bundle(engine: Engine) -> ShadowBundle:
    """What runs the bundle of the settings, or of the database, beside the one that serves."""
    settings = engine.settings
    by_default = None if settings.shadow_bundle is None else Choice(settings.shadow_bundle, settings.shadow_share)
    return ShadowBundle(engine.database, engine.judges, by_default, on_judged=engine.recorder.shadow_bundle_judged)


def open_desk(engine: Engine) -> Desk:
    """Policies as this worker's routes see them: it follows its own changes at once."""
    return Desk(engine.database, lambda: scorings(engine.models), follow(engine).poll)
