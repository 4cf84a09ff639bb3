"""The notifier's rules: values in, decisions out, no clock, network or database."""
