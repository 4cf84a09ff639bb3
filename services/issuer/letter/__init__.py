"""The printed mission order: Khmer dates, words, typesetting and the processes that do it."""
