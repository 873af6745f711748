"""What every history's ``env.py`` does: run on the connection that was handed in, with its own version table."""

from alembic import context

from shopguard.storage.engine import version_table


def run() -> None:
    """Apply the chosen migrations in one transaction on the connection given by ``storage.engine.migrate``."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        version_table=version_table(attributes["history"]),
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
