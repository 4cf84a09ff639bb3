"""All of the issuer's SQL."""
