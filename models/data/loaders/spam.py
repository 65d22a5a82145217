"""Loaders of spam sets. Ham is a no for spam and says nothing else. Senders and authors are not read."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from models.contracts import Category
from models.data.rows import Files, Row
from models.data.tables import read_lines, read_table


def sms_spam(files: Files) -> Iterator[Row]:
    """Text messages. Source: Almeida et al. (2011), DocEng."""
    for line in read_lines(files["sms.tsv"]):
        label, _, text = line.partition("\t")
        yield Row(text, {Category.SPAM: int(label == "spam")})


def youtube_spam(files: Files) -> Iterator[Row]:
    """Comments under five music videos, by date; 245 spam comments have none. Source: Alberto et al. (2015), ICMLA."""
    for name in sorted(files):
        for row in read_table(files[name]):
            when = row["DATE"] or None
            text = strip_markup(row["CONTENT"])
            yield Row(text, {Category.SPAM: int(row["CLASS"] == "1")}, order=when, timestamp=when)


_YEARS: Final = ("2001", "2002", "2003")
"""The corpus was collected in these years; other years are wrong clocks and count as no date."""


def spamassassin(files: Files) -> Iterator[Row]:
    """Mail, subject and body, markup removed, by the date of its header. Source: SpamAssassin public corpus."""
    for row in read_table(files["spamassassin.csv"]):
        when = row["date"] if row["date"].startswith(_YEARS) else None
        text = strip_markup(f"{row['subject']}\n{row['text']}")
        yield Row(text, {Category.SPAM: int(row["label"] == "spam")}, order=when, timestamp=when)


class _TextOnly(HTMLParser):
    """Keeps what a reader of the page would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in {"style", "script"}
        self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in {"style", "script"}))

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)


def strip_markup(text: str) -> str:
    """The visible text of a page; a text without an angle bracket is returned as it is."""
    if "<" not in text:
        return text
    parser = _TextOnly()
    parser.feed(text)
    parser.close()
    return "".join(parser.pieces)
