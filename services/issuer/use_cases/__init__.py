"""What the issuer does, each act one transaction: the same for the web and for the stream."""
