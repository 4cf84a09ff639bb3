"""Rules about missions that more than one service goes by; pure."""
