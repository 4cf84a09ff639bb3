"""Everything that speaks Telegram's Bot API; aiogram is used here and nowhere else."""
