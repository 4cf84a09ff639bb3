"""Marks in texts: what they become, and what Telegram says when they do not add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.telegram.content import Marked, marked
from deploy.local.telegram.entities import utf16_length
from deploy.local.telegram.errors import ApiError
from deploy.local.telegram.model import Json

MARKS = "<>/abipre =\"'&;#x1`*_~|[]()\\.ក😀@\n"


def _read(source: str, mode: str) -> Marked | str:
    try:
        return marked(source, mode)
    except ApiError as error:
        return error.description


def _shape(entities: list[Json]) -> list[tuple[str, int, int]]:
    return [(item["type"], item["offset"], item["length"]) for item in entities]


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("😀<u>ក</u>", "😀ក", [("underline", 2, 1)]),
        ("<s>x</s><code>y</code>", "xy", [("strikethrough", 0, 1), ("code", 1, 1)]),
        ("  <b> x </b>  ", "x", [("bold", 0, 1)]),
        ("<b></b>x", "x", []),
        ("&lt;b&gt; &amp;amp; &#x1780;&#65; &nbsp; &copy", "<b> &amp; កA &nbsp; &copy", []),
        ('<span class="tg-spoiler">x</span><tg-spoiler>y</tg-spoiler>', "xy", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ("<PRE>x</PRE>", "x", [("pre", 0, 1)]),
        ("<a href='nowhere'>x</a>", "x", []),
        ("<b>x</>", "x", [("bold", 0, 1)]),
    ],
)
def test_html(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    result = marked(source, "HTML")
    assert (result.text, _shape(result.entities)) == (text, entities)


def test_html_arguments() -> None:
    source = (
        '<a href="https://example.org/?a=1&amp;b=2">x</a><pre><code class="language-sql">y</code></pre>'
        '<a href="tg://user?id=5">z</a><tg-emoji emoji-id="7">w</tg-emoji>'
    )
    link, code, mention, emoji = marked(source, "HTML").entities
    assert link["url"] == "https://example.org/?a=1&b=2"
    assert (code["type"], code["language"]) == ("pre", "sql")
    assert (mention["type"], mention["user_id"]) == ("text_mention", 5)
    assert emoji["custom_emoji_id"] == "7"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("ក<x>", 'Unsupported start tag "x" at byte offset 3'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("5 < 6", 'Unsupported start tag "" at byte offset 2'),
        ("<a =x>y</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href>y</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ("<a href=", 'Unclosed start tag "a" at byte offset 0'),
        ("<a href='x", "Unclosed start tag at byte offset 0"),
        ("<a href=a/b>y</a>", "Unexpected end of name token at byte offset 8"),
        ("<span class='x'>y</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_html_that_is_refused(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as caught:
        marked(source, "html")
    assert caught.value.description == f"Bad Request: can't parse entities: {reason}"


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("*a _b_*", "a b", [("bold", 0, 3), ("italic", 2, 1)]),
        ("__a__ ~b~ ||c||", "a b c", [("underline", 0, 1), ("strikethrough", 2, 1), ("spoiler", 4, 1)]),
        (r"1\.2 \*x\*", "1.2 *x*", []),
        (r"`a\`*`", "a`*", [("code", 0, 3)]),
        ("```py\nx=1```", "x=1", [("pre", 0, 3)]),
        (r"[x](https://example.org/\))", "x", [("text_link", 0, 1)]),
    ],
)
def test_markdown(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    result = marked(source, "MarkdownV2")
    assert (result.text, _shape(result.entities)) == (text, entities)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1.2", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("ក *x", "Can't find end of Bold entity at byte offset 4"),
        ("`x", "Can't find end of Code entity at byte offset 0"),
        ("[x](y", "Can't find end of a URL at byte offset 4"),
    ],
)
def test_markdown_that_is_refused(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as caught:
        marked(source, "MarkdownV2")
    assert caught.value.description == f"Bad Request: can't parse entities: {reason}"


@given(st.text(MARKS, max_size=60), st.sampled_from(["HTML", "MarkdownV2", ""]))
def test_any_text_is_read_or_refused(source: str, mode: str) -> None:
    result = _read(source, mode)
    if isinstance(result, str):
        assert result.startswith("Bad Request: can't parse entities: ")
        return
    length = utf16_length(result.text)
    assert all(0 <= item["offset"] < item["offset"] + item["length"] <= length for item in result.entities)
    assert result.text == result.text.strip()


def test_found_without_marks() -> None:
    text = "/start@some_bot a@b.example @sokha #បេសកកម្ម https://example.org/x. 1/2"
    found = [
        (item["type"], text[item["offset"] : item["offset"] + item["length"]]) for item in marked(text, "").entities
    ]
    assert found == [
        ("bot_command", "/start@some_bot"),
        ("email", "a@b.example"),
        ("mention", "@sokha"),
        ("hashtag", "#បេសកកម្ម"),
        ("url", "https://example.org/x"),
    ]
    assert marked("`/x`", "MarkdownV2").entities == [{"type": "code", "offset": 0, "length": 2}]
