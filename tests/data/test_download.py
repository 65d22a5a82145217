import gzip

import httpx
import pytest

from models.data.download import AssembledError, Downloader, DownloadError, url_of
from models.data.errors import ChecksumError, DataError
from models.data.mirror import Mirror
from models.data.origin import Origin, open_mirror


class Server:
    """Answers like the public origin, and remembers what it was asked."""

    def __init__(self, content=b"", status=200):
        self.content = content
        self.status = status
        self.asked = []

    def __call__(self, request):
        self.asked.append(request.url.raw_path.decode())
        return httpx.Response(self.status, content=self.content)


@pytest.fixture
def source(tiny):
    return tiny.recipe.sources[0]


@pytest.fixture
def content(tiny, source):
    return gzip.decompress((tiny.root / source.folder / "rows.tsv.gz").read_bytes())


def downloader(server, cache):
    return Downloader(httpx.Client(transport=httpx.MockTransport(server)), cache)


def test_the_address_holds_repository_commit_and_path(source):
    assert url_of(source.files[0]) == f"https://raw.githubusercontent.com/example/sets/{'0' * 40}/free/rows.tsv"


def test_blanks_in_a_path_are_escaped(source):
    file = source.files[0].model_copy(update={"path": "test cases.csv"})
    assert url_of(file).endswith("/test%20cases.csv")


def test_a_file_is_fetched_once_and_then_kept(source, content, tmp_path):
    server = Server(content)
    fetch = downloader(server, tmp_path / "cache")
    assert fetch.read(source, source.files[0]) == fetch.read(source, source.files[0]) == content
    assert server.asked == [f"/example/sets/{'0' * 40}/free/rows.tsv"]


def test_the_cache_is_a_mirror(source, content, tmp_path):
    downloader(Server(content), tmp_path).read(source, source.files[0])
    assert Mirror(tmp_path).read(source, source.files[0]) == content


def test_another_file_is_refused_and_not_kept(source, tmp_path):
    with pytest.raises(ChecksumError):
        downloader(Server(b"something else"), tmp_path).read(source, source.files[0])
    assert not (tmp_path / "free").exists()


def test_a_damaged_cache_is_fetched_again(source, content, tmp_path):
    fetch = downloader(Server(content), tmp_path)
    fetch.read(source, source.files[0])
    (tmp_path / "free" / "rows.tsv").write_bytes(b"half a fi")
    assert fetch.read(source, source.files[0]) == content


def test_a_refusal_names_the_address_and_the_status(source, tmp_path):
    with pytest.raises(DownloadError, match="answered 404"):
        downloader(Server(status=404), tmp_path).read(source, source.files[0])


def test_no_connection_is_a_clear_error(source, tmp_path):
    def refuse(request):
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(DownloadError, match="ConnectError"):
        downloader(refuse, tmp_path).read(source, source.files[0])


def test_an_assembled_file_is_never_asked_for(source, tmp_path):
    server = Server(b"")
    with pytest.raises(AssembledError, match="--mirror"):
        downloader(server, tmp_path).read(source, source.files[0].model_copy(update={"verbatim": False}))
    assert server.asked == []


def test_the_mirror_is_asked_before_the_network(tiny, source, content, tmp_path):
    server = Server(content)
    origin = Origin(tiny.mirror, downloader(server, tmp_path / "cache"))
    assert origin.read(source, source.files[0]) == content
    assert server.asked == []


def test_the_network_fills_what_the_mirror_lacks(tiny, source, content, tmp_path):
    (tiny.root / source.folder / "rows.tsv.gz").unlink()
    origin = Origin(tiny.mirror, downloader(Server(content), tmp_path / "cache"))
    assert origin.read(source, source.files[0]) == content


def test_without_mirror_and_network_the_error_says_what_to_do(source):
    with pytest.raises(DataError, match="--mirror"):
        Origin(None, None).read(source, source.files[0])


def test_a_download_without_wishes_offers_only_what_can_be_downloaded(tiny, tmp_path):
    whole, cut = tiny.recipe.sources[:2]
    cut = cut.model_copy(update={"files": (cut.files[0].model_copy(update={"verbatim": False}),)})
    registry = {whole.id: whole, cut.id: cut}
    assert Origin(None, downloader(Server(), tmp_path)).offered(registry, None) == (whole,)
    assert Origin(tiny.mirror, None).offered(registry, None) == (whole, cut)


def test_a_mirror_must_be_a_folder(tmp_path):
    with pytest.raises(DataError, match="not a folder"):
        open_mirror(tmp_path / "nowhere")
