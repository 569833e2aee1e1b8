"""The key of tier 3: one secret from the environment, and a key of its own for every file."""

from __future__ import annotations

import hmac
import os
import re
from dataclasses import dataclass, field

import pyarrow.parquet.encryption as parquet_encryption

from spanmart.privacy.unusable import UnusableSetting

VARIABLE = "SPANMART_RAW_KEY"
# AES-256.
_SHAPE = re.compile(r"[0-9a-fA-F]{64}")
_HOW_TO_MAKE = "make one with: python -c 'import secrets; print(secrets.token_hex(32))'"


@dataclass(frozen=True)
class RawKey:
    """The secret that keys of files are derived from. It is never written anywhere."""

    secret: bytes = field(repr=False)

    @classmethod
    def from_environment(cls) -> RawKey:
        """SPANMART_RAW_KEY; raises UnusableSetting where it is missing or no 256-bit key."""
        text = os.environ.get(VARIABLE, "").strip()
        if not text:
            raise UnusableSetting(
                f"raw content (tier 3) needs a key, and {VARIABLE} is not set: {_HOW_TO_MAKE}"
            )
        if not _SHAPE.fullmatch(text):
            raise UnusableSetting(
                f"{VARIABLE} must be 64 hex digits (it has {len(text)} characters): {_HOW_TO_MAKE}"
            )
        return cls(bytes.fromhex(text))

    @property
    def key_id(self) -> str:
        """Says which key a file needs, and nothing else about the key."""
        return self._derived("key id")[:4].hex()

    def encryption(self, file_name: str) -> object:
        """Parquet encryption properties for writing the file of this name."""
        return parquet_encryption.create_encryption_properties(footer_key=self._of(file_name))

    def decryption(self, file_name: str) -> object:
        return parquet_encryption.create_decryption_properties(footer_key=self._of(file_name))

    def _of(self, file_name: str) -> bytes:
        # A key of its own for each file: AES-GCM is safe for a bounded number of blocks under one
        # key, and a file that is renamed into another's place does not open.
        return self._derived(f"file {file_name}")

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self.secret, f"spanmart raw {purpose}".encode(), "sha256")
