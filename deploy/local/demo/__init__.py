"""`make demo`: everything on one machine, and one mission from invitation to closed file."""
