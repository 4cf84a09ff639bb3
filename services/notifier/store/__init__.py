"""All SQL of the notifier, by what it is about. Every function works within the caller's transaction."""
