"""A tiny mirror of pictures: two weapon sets, fires with augmented copies, negatives, memes, and two bad files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from models.contracts.evidence import RegionKind
from models.data.images.building import PictureRecipe, build_pictures
from models.data.images.drawing import Amounts
from models.data.images.labels import PictureLabel, encode
from models.data.images.pictures import Kind, Picture, PictureBox
from models.data.images.rendering.templates import TEMPLATES
from models.data.images.report import Report
from models.data.images.store import Pictures, load_pictures

HEAD = "file,label,source,licence,width,height,boxes,original"
EXPORT = "jpg.rf." + "0" * 31


def scene(name: str, size: tuple[int, int] = (120, 90)) -> Image.Image:
    """A picture that looks like no other one."""
    random = Random(name)
    tiles = [Image.frombytes("L", (9, 9), random.randbytes(81)).resize(size, Image.Resampling.BICUBIC) for _ in "RGB"]
    return Image.merge("RGB", tiles)


@dataclass
class Written:
    """A mirror while it is made."""

    root: Path
    rows: list[str] = field(default_factory=list)

    def add(self, path: str, source: str, label: str, original: str, boxes: Sequence[object] = (), image=None) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        (image or scene(path)).save(file, "JPEG", quality=90)
        self.name(path, source, label, original, boxes)

    def name(self, path: str, source: str, label: str, original: str, boxes: Sequence[object] = ()) -> None:
        cell = json.dumps(boxes).replace('"', '""')
        self.rows.append(f'{path},{label},{source},CC0-1.0,120,90,"{cell}",{original}')

    def finish(self, memes: Sequence[tuple[str, str]]) -> None:
        (self.root / "labels.csv").write_text("\n".join([HEAD, *self.rows]) + "\n")
        lines = []
        for path, text in memes:
            (self.root / path).parent.mkdir(exist_ok=True)
            scene(path).save(self.root / path, "JPEG")
            lines.append(json.dumps({"file": path, "source": "harmeme", "split": "train", "labels": [], "text": text}))
        (self.root / "memes.jsonl").write_text("\n".join(lines) + "\n")


def write_mirror(root: Path) -> None:
    """Fill a folder with a tiny mirror."""
    made = Written(root)
    small, large = [["knife", 0.2, 0.2, 0.2, 0.2]], [["handgun", 0.5, 0.5, 0.9, 0.9]]
    for n in range(24):
        made.add(f"weapon/a{n:02d}.jpg", "weapon_ahmed17k", "weapon:knife", f"a/images/06{n:03d}.jpg", small)
        made.add(f"weapon/c{n:02d}.jpg", "cognigun", "weapon:handgun", f"c/train/{n}_jpg.rf.{n:032x}.jpg", large)
        made.add(f"benign/dog.{n}.jpg", "dogcat", "benign", f"benign_dogcat/dog/dog.{n}.jpg")
        made.add(f"benign/cloth{n}.jpg", "clothing", "benign", f"benign_clothing_cc0/train/dress/{n}.jpg")
    turned = scene("weapon/a00.jpg").transpose(Image.Transpose.ROTATE_90)
    made.add("weapon/a90.jpg", "weapon_ahmed17k", "weapon:handgun", "a/images/03000.jpg", image=turned)
    for n in range(3):
        made.add(f"weapon/s{n}.jpg", "weapon_ahmed17k", "weapon:knife", f"a/images/0100{n}.jpg", small)
    for n in range(6):
        boxes = [["fire", 0.3, 0.8, 0.2, 0.2], ["smoke", 0.3, 0.6, 0.2, 0.2]]
        for copy in range(2):
            name = f"f/train/images/Fire-{n}-_{EXPORT}{copy}.jpg"
            made.add(f"fire_smoke/f{n}{copy}.jpg", "fire_forest", "fire_smoke:fire+smoke", name, boxes)
    for n, kind in enumerate(("torch", "tank", "tabby")):
        made.add(f"benign/i_{kind}.jpg", "imagenet1000", "benign", f"benign_imagenet1000/n0450000{n}_{kind}.jpg")
    made.name("benign/gone.jpg", "dogcat", "benign", "benign_dogcat/dog/dog.99.jpg")
    made.add("benign/torn.jpg", "dogcat", "benign", "benign_dogcat/dog/dog.98.jpg")
    (root / "benign/torn.jpg").write_bytes((root / "benign/torn.jpg").read_bytes()[:200])
    made.finish([("memes/m1.jpg", "two words"), ("memes/m2.jpg", " ")])


SMALL_AMOUNTS = Amounts(
    templates=tuple(replace(template, n=1) for template in TEMPLATES),
    benign_captions=3,
    weapon_captions=2,
    fire_captions=1,
)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror that a test may damage; its pictures lie in `image/`."""
    (tmp_path / "mirror" / "image").mkdir(parents=True)
    write_mirror(tmp_path / "mirror" / "image")
    return tmp_path / "mirror"


@dataclass(frozen=True)
class Built:
    """A finished build of the tiny mirror."""

    mirror: Path
    folder: Path
    report: Report
    pictures: Pictures

    def row(self, name: str) -> int:
        return self.pictures.ids.tolist().index(name)

    def label(self, name: str, label: PictureLabel) -> int:
        return int(self.pictures.column(label)[self.row(name)])


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A build that no test changes."""
    root = tmp_path_factory.mktemp("pictures")
    (root / "mirror").mkdir()
    write_mirror(root / "mirror")
    report = build_pictures(root / "mirror", root / "out", PictureRecipe(amounts=SMALL_AMOUNTS))
    return Built(root / "mirror", root / "out", report, load_pictures(root / "out"))


def photograph(*boxes: PictureBox, **marks: int) -> Picture:
    """A photograph of 200 by 200 pixels with complete boxes."""
    labels = {PictureLabel(name): value for name, value in marks.items()}
    return Picture(
        id="set/one",
        path="set/one.jpg",
        source="weapon_ahmed17k",
        family="",
        kind=Kind.PHOTO,
        labels=encode(labels),
        regions={RegionKind.WEAPONS: 1},
        boxes=boxes,
        width=200,
        height=200,
        licence="CC0-1.0",
    )
