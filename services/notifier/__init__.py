"""Announces issued orders in Telegram, and takes the returns that travellers hand in there."""
