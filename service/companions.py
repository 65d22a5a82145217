"""Companions: what accompanies the engine besides scoring and deciding, such as review queue, jobs and webhooks.

Each part of the service that writes beside decisions (a hook) or works in the background is opened here, once a worker.
"""

from service.engine import Engine
from service.reviews.opening import open_review_hook
from service.rollout.companions import open_rollout


def accompany(engine: Engine) -> None:
    """Open everything that goes with an engine; it is closed with the engine."""
    engine.hooks.extend(())
    engine.background.extend(())
    open_rollout(engine)
    engine.hooks.append(open_review_hook(engine))
