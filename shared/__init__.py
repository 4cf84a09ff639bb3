"""Contracts and plumbing used by two or more services; it knows nothing of any one of them."""
