"""The archive's pages, its JSON, its documents and its live feed."""
