"""Secrets that are planted in exports, and the search that looks for them in what was written.

Every value is made up and stands for its kind only: one that is found says by itself which detector
let it through, and what stands around it says in which field it was planted (see planted.py).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import duckdb
import polars as pl
import pyarrow.parquet as pq

# Shorter parts of a value are found everywhere (`+49 170`, `sk_live_`) and give nobody away.
_PART = 12
_CONTEXT = 90


@dataclass(frozen=True)
class Canary:
    """`text` is what is planted, and `secret` the part of it that must not be found."""

    kind: str
    text: str
    secret: str


def _alone(kind: str, text: str) -> Canary:
    return Canary(kind, text, text)


def _behind(kind: str, text: str, secret: str) -> Canary:
    assert secret in text
    return Canary(kind, text, secret)


def _body(of: str, length: int) -> str:
    """Letters and digits as makers of keys draw them; no two keys share a part."""
    drawn = base64.b64encode(hashlib.sha512(of.encode()).digest()).decode()
    return re.sub(r"[+/=]", "x", drawn)[:length]


# Put together here, so that no scanner of repositories takes them for real ones.
_PEM = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcanaryQ7xW2fZ"
_JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiJxdWVudGluLXpvcnZhdGgifQ.Qz7rT4vXk2mWp9sLdcanary"

# What detectors know wherever it stands.
SECRETS: tuple[Canary, ...] = (
    _alone("email", "quentin.zorvath@kestrel-canary.example"),
    _alone("email, other letters", "zoë.quästor@möwenpost.example"),
    _alone("phone", "+44 20 7946 0371"),
    _alone("phone, with 00", "0049 151 23948576"),
    _alone("phone, North America", "(415) 826-3957"),
    _behind("phone, national, behind a word", "Phone: 0351 8932 4417", "0351 8932 4417"),
    _alone("card", "4532987165029346"),
    _alone("card, grouped", "5200 4193 8276 1509"),
    _behind("card, behind a word", "card no. 378284109547129", "378284109547129"),
    _alone("iban", "DE44500105175407324931"),
    _alone("iban, grouped", "GB29 NWBK 6016 1331 9268 19"),
    _alone("national id, United States", "536-42-9187"),
    _behind("national id, Poland", "PESEL: 85041573825", "85041573825"),
    _behind("national id, Netherlands", "BSN 284619371", "284619371"),
    _alone("national id, Spain", "73519284Z"),
    _alone("ip", "81.152.69.143"),
    _alone("ip, version 6", "2a02:8108:4f3c:9e00:51d7:bc2e:7a06:e3f9"),
    _alone("key, AWS", "AK" + "IA" + _body("AWS", 16).upper()),
    _behind(
        "secret, AWS", f"aws_secret_access_key={_body('AWS secret', 40)}", _body("AWS secret", 40)
    ),
    _alone("key, Google", "AI" + "zaSy" + _body("Google", 33)),
    _alone("key, OpenAI", "sk-" + "proj-" + _body("OpenAI", 40)),
    _alone("key, Anthropic", "sk-" + "ant-api03-" + _body("Anthropic", 40)),
    _alone("key, GitHub", "gh" + "p_" + _body("GitHub", 36)),
    _alone("key, GitLab", "gl" + "pat-" + _body("GitLab", 20)),
    _alone("key, Slack", "xo" + "xb-739182645501-" + _body("Slack", 24)),
    _alone("key, Stripe", "sk" + "_live_" + _body("Stripe", 24)),
    _alone("key, Hugging Face", "h" + "f_" + _body("Hugging Face", 34)),
    _alone("key, npm", "np" + "m_" + _body("npm", 36)),
    _behind("key, Azure storage", f"AccountKey={_body('Azure', 86)}==", _body("Azure", 86)),
    _alone("jwt", _JWT),
    _behind(
        "private key",
        f"-----BEGIN PRIVATE {'KEY'}-----\n{_PEM}\n-----END PRIVATE {'KEY'}-----",
        _PEM,
    ),
    _behind("bearer", "Authorization: Bearer canary.tok-8fKq2Zw7Rt5Yx", "canary.tok-8fKq2Zw7Rt5Yx"),
    _behind("basic", "Authorization: Basic Y2FuYXJ5OmY4S3EyWnc3UnQ1WXg=", "Y2FuYXJ5OmY4S3EyWnc3"),
    _behind("password in a URL", "postgres://app:cnry-Pw7xQ2@db.internal/x", "cnry-Pw7xQ2"),
    _behind("password, key=value", "password=cnry-hunter-Kx83", "cnry-hunter-Kx83"),
    _behind("password, JSON", '{"client_secret": "cnry otter 9 Wq5 Tz"}', "cnry otter 9 Wq5 Tz"),
    _behind("password, number", '{"password": 7719930042}', "7719930042"),
    _behind("password, prose", "my password is cnryMoth4Vq8", "cnryMoth4Vq8"),
)

# Ids of people have no shape of their own: only the name before them tells.
PEOPLE: tuple[Canary, ...] = tuple(
    _alone(key, f"zq-{number}-{word}-8f3k")
    for number, (key, word) in enumerate(
        {
            "user.id": "falconwright",
            "enduser.id": "harrowgate",
            "gen_ai.user": "inglenook",
            "app.user_email": "juniperus",
            "traceloop.association.properties.user_id": "kittiwake",
            "langfuse.user.id": "larkspur",
            "metadata.user_id": "marrowfat",
            "author": "nightjar",
            "customer_id": "oystercatch",
            "account.number": "ptarmigan",
            "user": "quillwort",
        }.items(),
        start=31,
    )
)
PERSON = {each.kind: each.secret for each in PEOPLE}
# A number is a person, too.
USER_NUMBER = Canary("user.id, a number", "88410297731", "88410297731")
# What the environment of a run holds: settings of the product and of the machine.
ENVIRONMENT = {
    "SPANMART_HASH_KEY": "cnry hash key of this test 5Wq8",
    "SPANMART_RAW_KEY": "c0ffee5eed" * 6 + "4b1d",
    "AWS_SECRET_ACCESS_KEY": _body("environment", 40),
}
CANARIES: tuple[Canary, ...] = (
    *SECRETS,
    *PEOPLE,
    USER_NUMBER,
    *(_alone(f"environment: {name}", value) for name, value in ENVIRONMENT.items()),
)


def forms(secret: str) -> set[str]:
    """How a value may stand in a file: as it is, escaped, encoded, without its separators, or only
    its beginning or end."""
    found = {
        secret,
        ascii(secret)[1:-1],
        secret.encode("unicode_escape").decode(),
        quote(secret, safe=""),
        secret.encode().hex(),
    }
    # Whatever stands before a value in base64 moves it by 0 to 2 bytes; its ends are shared.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret.encode()).decode()
        found.add(encoded[4 if shift else 0 : len(encoded) - 4])
    if re.fullmatch(r"[A-Z0-9 .()+-]+", secret):
        found.add(re.sub(r"[ .()+-]", "", secret))
    if len(secret) >= _PART + 4:
        found |= {secret[:_PART], secret[-_PART:]}
    return {form for form in found if len(form) >= 8}


class Search:
    """Finds the canaries, in any case of their letters."""

    def __init__(self, canaries: Iterable[Canary] = CANARIES) -> None:
        self._kinds = {
            # In raw bytes, letters beyond ASCII are what they are in UTF-8.
            _lower(form.encode().decode("latin-1")): canary.kind
            for canary in canaries
            for form in forms(canary.secret)
        }
        self._forms = pl.Series("forms", [list(self._kinds)])

    def in_bytes(self, data: bytes) -> dict[str, str]:
        """The kinds that are found, each with what stands around the first of them."""
        text = data.decode("latin-1")
        column = pl.Series([text])
        hits = column.str.extract_many(self._forms, ascii_case_insensitive=True).explode()
        found: dict[str, str] = {}
        for hit in hits.drop_nulls().unique().to_list():
            place = re.search(re.escape(hit), text)
            assert place is not None
            around = text[max(place.start() - _CONTEXT, 0) : place.end() + _CONTEXT]
            found.setdefault(self._kinds[_lower(hit)], f"{hit!r} in …{around!r}…")
        return found

    def in_folder(self, folder: Path) -> dict[str, dict[str, str]]:
        """By file, what is found in its name, its bytes and its rows."""
        found = {}
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            data = name.encode() + b"\n" + (b"".join(_contents(path)) if path.is_file() else b"")
            if hits := self.in_bytes(data):
                found[name] = hits
        return found


def _lower(text: str) -> str:
    """ASCII alone: the other signs are bytes of UTF-8."""
    return text.encode("latin-1").lower().decode("latin-1")


def _contents(path: Path) -> Iterator[bytes]:
    yield path.read_bytes()
    if path.suffix == ".parquet" and _is_plain(path):
        # Compressed as they lie there.
        yield repr(pq.ParquetFile(path).read().to_pylist()).encode()
        yield repr(pq.read_metadata(path).metadata).encode()
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "select database_name, schema_name, table_name from duckdb_tables()"
            ).fetchall()
            assert tables
            for table in tables:
                name = ".".join(f'"{part}"' for part in table)
                yield repr(connection.execute(f"select * from {name}").fetchall()).encode()
            # Views read the landing; what is written of them is their SQL.
            yield repr(connection.execute("select sql from duckdb_views()").fetchall()).encode()


def _is_plain(path: Path) -> bool:
    """Neither encrypted nor cut off."""
    data = path.read_bytes()
    return data[:4] == data[-4:] == b"PAR1"
