"""How much of what should be masked is masked, and how much of what is masked should be.

    python benchmarks/redaction_quality.py [--each 500] [--write docs/redaction.md]

Recall: the share of labelled values of which not one sign is left to read. Precision: the share of
masks that stand where a labelled value stood. Both over the set of `labelled_texts.py`.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from labelled_texts import Labelled, negatives, positives, presidio_sentences

from spanmart.redaction.detectors import DETECTORS
from spanmart.redaction.masking import mask

SEED = 20261121
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_MASKS = re.compile("|".join(sorted({re.escape(each.mask) for each in DETECTORS})))


@dataclass
class Quality:
    texts: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    masks: Counter[str] = field(default_factory=Counter)
    right_masks: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)

    def recall(self, label: str) -> float:
        return self.covered[label] / self.values[label]

    def precision(self, mask_name: str) -> float:
        return self.right_masks[mask_name] / self.masks[mask_name]


def measure(texts: Iterable[Labelled]) -> Quality:
    """`recall` by label, `precision` by mask, `alarms` by label of texts that hold nothing."""
    given = list(texts)
    masked = mask(pa.array([each.text for each in given])).texts.to_pylist()
    quality = Quality()
    for each, after in zip(given, masked, strict=True):
        found = masked_spans(each.text, after)
        for start, end, label in each.spans:
            quality.values[label] += 1
            quality.covered[label] += any(low <= start and end <= high for low, high, _ in found)
        for low, high, name in found:
            quality.masks[name] += 1
            quality.right_masks[name] += any(
                low < end and start < high for start, end, _ in each.spans
            )
        if each.kind:
            quality.texts[each.kind] += 1
            quality.alarms[each.kind] += len(found)
    return quality


def masked_spans(before: str, after: str) -> list[tuple[int, int, str]]:
    """Where masks stand in the text as it was: the pieces between them are in both, in order."""
    spans, position = [], 0
    pieces, names = _MASKS.split(after), _MASKS.findall(after)
    assert before.startswith(pieces[0])
    position = len(pieces[0])
    for name, piece in zip(names, pieces[1:], strict=True):
        is_last = name is names[-1] and piece == pieces[-1] and len(spans) == len(names) - 1
        # A mask took at least one sign. The last piece stands at the end, however it repeats.
        end = len(before) - len(piece) if is_last else before.index(piece, position + 1)
        spans.append((position, end, name))
        position = end + len(piece)
    return spans


def the_set(each: int) -> list[Labelled]:
    given = [*positives(SEED, each), *negatives(SEED, each)]
    try:
        given += presidio_sentences(SEED, 4 * each)
    except ImportError:
        print("without Presidio's sentences: presidio-evaluator is not installed")
    return given


def table(quality: Quality) -> str:
    lines = ["| value | texts | recall |", "|---|---:|---:|"]
    lines += [
        f"| {label} | {quality.values[label]} | {quality.recall(label):.1%} |"
        for label in quality.values
    ]
    lines += ["", "| mask | set | right | precision |", "|---|---:|---:|---:|"]
    lines += [
        f"| `{name}` | {quality.masks[name]} | {quality.right_masks[name]} "
        f"| {quality.precision(name):.1%} |"
        for name in sorted(quality.masks)
    ]
    lines += ["", "| text that holds nothing | texts | masks set |", "|---|---:|---:|"]
    lines += [
        f"| {label} | {quality.texts[label]} | {quality.alarms[label]} |" for label in quality.texts
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=500, help="texts a kind")
    parser.add_argument("--write", type=Path, help="the document whose tables to replace")
    options = parser.parse_args()
    found = table(measure(the_set(options.each)))
    print(found)
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        options.write.write_text(f"{before}{BEGIN}\n{found}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
