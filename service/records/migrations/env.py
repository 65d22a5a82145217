"""Alembic's entry: runs the migrations on the connection that `service.records.schema` hands over."""

from alembic import context

import service.access.tables
import service.banks.tables
import service.idempotency.tables
import service.jobs.tables
import service.reviews.tables
import service.rollout.tables
import service.webhooks.tables  # noqa: F401
from service.records.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
