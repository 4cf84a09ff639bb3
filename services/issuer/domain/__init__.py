"""The issuer's decisions as pure functions: values in, findings and new states out."""
