"""`weir moderate`: decide on one text, pictures, or both, without a server."""

import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands.moderate_console import fail, print_decision

if TYPE_CHECKING:
    from models.contracts import Decision
    from service.vision.redacting import RedactedImage

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic"})


@dataclass(frozen=True)
class Given:
    """What the command line asks about."""

    text: str
    pictures: tuple[Path, ...]
    previous: str | None = None


def moderate(
    content: Annotated[
        list[str] | None, typer.Argument(help="A text, picture files, or - to read the text from standard input.")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="The text, beside pictures or where it could be taken for a file.")
    ] = None,
    previous: Annotated[
        str | None,
        typer.Option("--previous", help="The turn that the text answers; read where the bundle was trained so."),
    ] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="Say which words carried the scores.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the Decision as JSON.")] = False,
    redact: Annotated[
        Path | None,
        typer.Option(
            "--redact",
            metavar="OUT.jpg",
            help="Write a blurred copy of the picture; of several pictures OUT-1.jpg, OUT-2.jpg, ...",
        ),
    ] = None,
    blur: Annotated[
        list[str] | None,
        typer.Option(
            "--blur", metavar="WHAT", help="What the copy has blurred: harm (the default), face, plate, picture."
        ),
    ] = None,
) -> None:
    """Score a text, pictures, or both as one item, and say what the policy would do.

    Nothing is recorded, and no bank of known content is asked. What names a file, or ends like a picture's name, is
    a picture; anything else is the text.

    For example:

      weir moderate "What a lovely morning."

      weir moderate photo.jpg

      weir moderate first.png second.webp --text "the words beside them"

      weir moderate - < comment.txt

      weir moderate "Yes, all of them." --previous "Should they be thrown out?"

      weir moderate "What a lovely morning." --evidence

      weir moderate photo.jpg --redact blurred.jpg --blur harm --blur face

      weir moderate photo.jpg --json

    Exit code 2: no decision, and one line on standard error says why.
    """
    given = replace(_given(content or [], text), previous=previous)
    if previous and given.pictures:
        fail("--previous is read with a text without pictures")
    if (redact or blur) and not given.pictures:
        fail("--redact and --blur need a picture")
    if blur and not redact:
        fail("--blur says what to blur in the copy that --redact writes; give --redact too")
    decision, copies = _decide(given, (blur or ["harm"]) if redact else [], with_spans=evidence)
    if redact:
        _write(redact, copies)
    if as_json:
        sys.stdout.write(decision.model_dump_json(indent=2) + "\n")
    else:
        print_decision(decision, [path.name for path in given.pictures], given.text)


def _given(content: Sequence[str], text: str | None) -> Given:
    pictures = tuple(Path(entry) for entry in content if _is_picture(entry))
    texts = [entry for entry in content if not _is_picture(entry)]
    if len(texts) + (text is not None) > 1:
        fail('one text at a time: put quotes around it, or give it once with --text "..."')
    if not content and text is None:
        fail("give a text or a picture; weir moderate --help has examples")
    posted = text if text is not None else (texts[0] if texts else "")
    return Given(sys.stdin.read() if posted == "-" else posted, pictures)


def _is_picture(content: str) -> bool:
    if content == "-":
        return False
    with suppress(OSError):  # too long for a name
        if Path(content).is_file():
            return True
    return re.search(r"\s", content) is None and Path(content).suffix.lower() in PICTURES


def _decide(given: Given, blur: Sequence[str], *, with_spans: bool) -> "tuple[Decision, tuple[RedactedImage, ...]]":
    from models.contracts import ItemFailure, Redaction
    from models.runtime.bundle import BundleError
    from service.bundles import BundlesError
    from service.policy.document import PolicyError
    from service.preview import preview_redacted
    from service.settings import SettingsError, load_settings

    if not set(blur) <= set(Redaction):
        fail(f"--blur is one of {', '.join(Redaction)}")
    images = [_read(path) for path in given.pictures]
    try:
        redact = frozenset(map(Redaction, blur))
        settings = load_settings()
        outcome, copies = preview_redacted(
            given.text, images, redact, settings, previous=given.previous, with_spans=with_spans
        )
    except (BundlesError, BundleError, PolicyError, SettingsError) as error:
        fail(str(error))
    if isinstance(outcome, ItemFailure):
        fail(_by_name(outcome.message, given.pictures))
    return outcome, copies


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"{path}: {(error.strerror or 'cannot be read').lower()}. A text that looks like a file: --text")


def _by_name(message: str, pictures: Sequence[Path]) -> str:
    """A failure that names the file instead of its place in the item."""
    found = re.match(r"images\[(\d+)\]", message)
    return message if found is None else f"{pictures[int(found[1])]}{message[found.end() :]}"


def _write(path: Path, copies: "Sequence[RedactedImage]") -> None:
    for copy in copies:
        place = path if len(copies) == 1 else path.with_stem(f"{path.stem}-{copy.index + 1}")
        try:
            place.write_bytes(copy.jpeg)
        except OSError as error:
            fail(f"{place}: {(error.strerror or 'cannot be written').lower()}")
