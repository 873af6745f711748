"""Logging: one line per event to stderr, JSON for machines, readable on a terminal. No personal data by rule."""

import logging
import sys

import stamina
import structlog


def log_to_stderr() -> None:
    """Have a command say on stderr what goes wrong beside its results, which alone are on stdout."""
    if not structlog.is_configured():
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )


def start_logging() -> None:
    """Set up structured logging for a long-running process."""
    terminal = sys.stderr.isatty()
    stamina.instrumentation.set_on_retry_hooks([])  # what outlives a sub-second retry is logged by who called
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
