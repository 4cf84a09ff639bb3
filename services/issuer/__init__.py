"""The issuer: directory, rules, numbers, orders and letters."""
