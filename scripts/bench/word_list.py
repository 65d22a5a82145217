"""Write the words and the names of emoji that ship with `models.runtime.undisguise`.

`python -m scripts.bench.word_list --data build/data/text --lexicons ../shared/data/text`; the names of emoji need the
package `emoji`, and are left alone without it.
"""

import argparse
import importlib.util
from pathlib import Path

FOLDER = Path("models/runtime/undisguise")
TOKENIZER = Path("models/bundles/text-minilm/tokenizer.json")


def main() -> None:
    """Read the training split, the vocabulary and the lexicons; write the list."""
    from models.data.examples import Split
    from models.data.store import load_split
    from models.data.wordlist import count_words, read_profanity, word_lines
    from models.training.tokens import read_tokenizer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lexicons", type=Path, required=True)
    given = parser.parse_args()
    counts = count_words(load_split(given.data, Split.TRAIN))
    profanity = read_profanity(
        given.lexicons / "ldnoobw" / "en.gz", given.lexicons / "surge_profanity" / "profanity_en.csv.gz"
    )
    lines = [f"{line}\n" for line in word_lines(counts, read_tokenizer(TOKENIZER).get_vocab(), profanity)]
    (FOLDER / "words.txt").write_text("".join(lines), encoding="ascii")
    print(f"{len(lines)} words")
    if importlib.util.find_spec("emoji") is not None:
        from models.data.emoji_names import name_lines

        names = [f"{line}\n" for line in name_lines()]
        (FOLDER / "emoji.txt").write_text("".join(names), encoding="utf-8")
        print(f"{len(names)} emoji")


if __name__ == "__main__":
    main()
