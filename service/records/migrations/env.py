"""Alembic's entry: runs the migrations on the connection that `service.records.schema` hands over."""

from alembic import context

from service.records.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
