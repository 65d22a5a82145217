"""The page's files: all there, small, free of anything from elsewhere, and told what the deployment takes."""

import re
from pathlib import Path

import pytest

import service.http.documents
from service.engine import open_engine
from service.http.documents import ASSETS, document_endpoint
from service.http.messages import Request, Response
from service.settings import Settings
from tests.service.conftest import Ask
from tests.service.hashing import loaded_model
from tests.service.vision.seeing import SpellingReader, seeing_models

FOLDER = Path(service.http.documents.__file__).parent / "page"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in {".css", ".html", ".js"})
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
SVG_NAMESPACE = "http://www.w3.org/2000/svg"


def test_every_file_is_served_and_nothing_else(ask: Ask) -> None:
    served = {name for path, name in ASSETS.items() if name != "openapi.json"}
    assert served == {path.name for path in FILES}
    assert all(ask("GET", path).status_code == 200 for path in ASSETS)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_imports_only_what_is_served(script: Path) -> None:
    for name in re.findall(r'from "([^"]+)"', script.read_text()):
        assert "/assets/" + name.removeprefix("./") in ASSETS


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_no_file_names_another_site(file: Path) -> None:
    assert "//" not in re.sub(r"(?m)^\s*//.*$|; // .*$", "", file.read_text().replace(SVG_NAMESPACE, ""))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_writes_markup_or_runs_text(script: Path) -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", script.read_text()
    )


def test_the_markup_has_no_script_or_style_of_its_own() -> None:
    markup = (FOLDER / "page.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", markup)


def form_data(folder: Path, **changes: object) -> dict[str, str]:
    """What the page's form knows of a deployment."""
    return dict(re.findall(r'data-([\w-]+)="([^"]*)"', page(folder, **changes)))


def page(folder: Path, **changes: object) -> str:
    """The page as a deployment serves it."""
    sees = bool(changes.pop("sees"))
    settings = Settings(database_url=f"sqlite:///{folder / 'weir.db'}", metrics_dir=folder / "metrics", **changes)  # type: ignore[arg-type]
    engine = open_engine(settings, seeing_models if sees else loaded_model, SpellingReader())
    answers: list[Response] = []
    document_endpoint("page.html", engine)(Request("GET", "/", [], b""), answers.append)
    engine.banks.close()
    engine.log.close(1.0)
    return answers[0].body.decode()


def test_the_page_knows_the_limits_on_pictures(tmp_path: Path) -> None:
    known = form_data(tmp_path, sees=True, max_images=3, max_image_bytes=1_000)
    assert (known["max-images"], known["max-image-bytes"]) == ("3", "1000")


def test_the_page_offers_to_blur_only_what_a_model_can_find(tmp_path: Path) -> None:
    assert form_data(tmp_path, sees=True)["blurs"].split() == ["face", "fire", "weapons"]


def test_the_page_takes_no_pictures_where_no_model_looks_at_them(tmp_path: Path) -> None:
    assert form_data(tmp_path, sees=False) == {"max-images": "0", "max-image-bytes": "0", "blurs": ""}


def test_the_page_links_to_the_dashboard_where_there_is_one(tmp_path: Path) -> None:
    shown = page(tmp_path, sees=False, monitor_url="https://dashboards.example.org/weir?a=1&b=2")
    assert '<a href="https://dashboards.example.org/weir?a=1&amp;b=2">Monitoring</a>' in shown


def test_the_page_names_no_dashboard_where_there_is_none(tmp_path: Path) -> None:
    assert "Monitoring" not in page(tmp_path, sees=False)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "dashboard", 'https://a"><script>'])
def test_a_dashboard_has_an_address_of_the_web(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="monitor_url"):
        page(tmp_path, sees=False, monitor_url=url)
