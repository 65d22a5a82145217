"""Deciders: who decided, once a deployment, so that every record can name it in 16 characters and be replayed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from models.contracts import BundleReference
from service.policy.document import PolicyDocument
from service.records.tables import deciders

ID_LENGTH: Final = 16


def register_decider(
    engine: Engine, policy: PolicyDocument, bundles: Sequence[BundleReference], thresholds: Mapping[str, object]
) -> str:
    """Store a policy text and a set of bundles, unless they are known; returns their id, the same in every worker.

    Args:
        engine: of the database.
        policy: what decides.
        bundles: whose scores it decides by.
        thresholds: JSON-ready threshold tables, by the digests of the bundles.

    """
    listed = json.dumps([bundle.model_dump(mode="json") for bundle in bundles], sort_keys=True)
    decider_id = hashlib.sha256(f"{policy.text}\0{listed}".encode()).hexdigest()[:ID_LENGTH]
    row = {
        "id": decider_id,
        "policy_name": policy.name,
        "policy_version": policy.version,
        "policy_text": policy.text,
        "bundles": listed,
        "thresholds": json.dumps({bundle.digest: thresholds[bundle.digest] for bundle in bundles}),
    }
    with engine.connect() as connection:
        if connection.execute(select(deciders.c.id).where(deciders.c.id == decider_id)).scalar() is None:
            try:
                connection.execute(deciders.insert().values(row))
                connection.commit()
            except IntegrityError:  # another worker was first
                connection.rollback()
    return decider_id
