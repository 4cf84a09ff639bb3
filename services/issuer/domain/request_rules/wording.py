"""What the letter would print of the request."""

from collections.abc import Iterator, Sequence

from services.issuer.domain.request_rules.context import RuleContext
from shared.i18n import message
from shared.khmer import broken_words, legacy_words
from shared.mission.findings import Finding, blocks, warns

BROKEN = message("These words have a Khmer sign without its letter, or one too many. Type them anew: {words}")
LEGACY = message("These words look typed for an old font such as Limon. Type them in Khmer Unicode: {words}")


def letter_is_printable(context: RuleContext) -> Iterator[Finding]:
    """Every character can be printed in the letter's typefaces."""
    for field, characters in context.unprintable.items():
        yield text_unprintable(characters, field)


def text_unprintable(characters: Sequence[str], field: str | None = None) -> Finding:
    """The finding for characters that the letter's typefaces lack."""
    text = message("These characters cannot be printed on the letter: {characters}", characters=" ".join(characters))
    return blocks("text_unprintable", text, field)


def khmer_is_sound(context: RuleContext) -> Iterator[Finding]:
    """No word on the letter prints a dotted circle, or is in the encoding of an old font."""
    for field, text in context.printed.items():
        if broken := broken_words(text):
            yield blocks("text_broken", message(BROKEN.text, words=" ".join(broken)), field)
        if legacy := legacy_words(text):
            yield warns("text_legacy", message(LEGACY.text, words=" ".join(legacy)), field)
