"""How long a test waits for what has to come about: one limit for all, far above what a busy machine takes."""

PATIENCE = 100.0
"""Seconds. pytest's own limit for a test is above it, so that a wait in vain fails by what it waited for."""
