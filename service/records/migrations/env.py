"""Alembic's entry: runs the migrations on the connection that `service.records.schema` hands over."""

from alembic import context

import service.access.tables  # noqa: F401 - likewise of the keys
import service.banks.tables  # noqa: F401 - the metadata has the tables of the banks as well
import service.idempotency.tables  # noqa: F401
import service.jobs.tables  # noqa: F401
import service.rollout.tables  # noqa: F401
import service.reviews.tables  # noqa: F401 - and those of the reviews
import service.webhooks.tables  # noqa: F401
from service.records.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
