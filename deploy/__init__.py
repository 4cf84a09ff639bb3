"""What runs Besakakam outside its own code."""
