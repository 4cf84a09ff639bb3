"""The three services of Besakakam."""
