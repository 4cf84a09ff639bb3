"""The three services and, above them, the operators' command line. Services never import one another."""
