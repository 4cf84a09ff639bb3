"""All SQL of the archive; functions take a connection and leave transactions to their callers."""
