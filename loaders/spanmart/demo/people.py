"""Who asks: tenants, users, and their questions. All of it invented.

Personal data is of kinds set aside for fiction: example.com, telephone numbers of the ranges that
regulators keep for drama, and the card and account numbers of payment documentation.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random

TENANTS = (  # tenant, customer tier, locale
    ("acme", "enterprise", "en-US"),
    ("globex", "enterprise", "en-GB"),
    ("initech-eu", "enterprise", "de-DE"),
    ("umbrella-fr", "enterprise", "fr-FR"),
    ("hooli", "enterprise", "en-US"),
    ("vandelay", "pro", "en-US"),
    ("wonka", "pro", "en-GB"),
    ("stark-de", "pro", "de-DE"),
    ("ümlaut-gmbh", "pro", "de-DE"),
    ("dunder", "pro", "en-US"),
    ("gekko", "free", "en-US"),
    ("bluth", "free", "en-US"),
    ("pied-piper", "free", "en-GB"),
    ("oscorp-fr", "free", "fr-FR"),
)
USERS_PER_TENANT = 32

FIRST = (
    "Ada",
    "Bela",
    "Chidi",
    "Dana",
    "Emre",
    "Fatou",
    "Greta",
    "Hiro",
    "Ines",
    "Jürgen",
    "Kofi",
    "Lena",
)
LAST = (
    "Abara",
    "Brandt",
    "Costa",
    "Dumont",
    "Eklund",
    "Farrow",
    "Göbel",
    "Haddad",
    "Ito",
    "Jansen",
)
PHONES = (
    "+1 (415) 555-0142",
    "+1 (202) 555-0178",
    "+44 20 7946 0321",
    "+33 1 99 00 47 11",
    "+49 30 23125 047",
)
CARD = "4111 1111 1111 1111"
IBAN = "DE89 3704 0044 0532 0130 00"

QUESTIONS = {
    "support": (
        "My export job has been stuck since this morning, can you look?",
        "The refund for order {order} has not arrived.",
        "Where is order {order}? It should have come on Monday.",
        "Our webhook gets a 403 since the last release.",
        "Wir können uns seit gestern nicht anmelden.",
    ),
    "qa": (
        "How long can we return a device?",
        "What is the retention of audit logs on our plan?",
        "Comment changer le mode de paiement ?",
        "Does the API support idempotency keys?",
        "Which regions keep data inside the EU?",
    ),
    "summarization": (
        "Summarise this thread for the handover.",
        "Fasse das Ticket in fünf Sätzen zusammen.",
    ),
    "coding": (
        "Write a retry wrapper for the orders client.",
        "Why does this SQL return duplicates?",
    ),
    "extraction": (
        "Extract order number, amount and due date from the mail.",
        "Pull the delivery address out of this message.",
    ),
}
CONTACT = (
    " You can reach me at {mail}.",
    " Call me: {phone}.",
    " I am {name}, {mail}.",
    " My card is {card}.",
    " Please pay it to {iban}.",
)
CONTACT_SHARE = 0.22


@dataclass(frozen=True)
class User:
    user_id: str
    name: str
    mail: str
    tenant_id: str
    tier: str
    locale: str
    activity: float
    # Some people ask harder questions: this makes a user's tasks alike, as real ones are.
    luck: float


def users(seed: int) -> list[User]:
    rng = Random(f"users:{seed}")
    everyone = []
    for tenant_number, (tenant_id, tier, locale) in enumerate(TENANTS):
        for number in range(USERS_PER_TENANT):
            name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
            user_id = f"u-{tenant_number:02d}{number:03d}"
            everyone.append(
                User(
                    user_id=user_id,
                    name=name,
                    mail=f"{_ascii(name)}.{user_id}@example.com",
                    tenant_id=tenant_id,
                    tier=tier,
                    locale=locale,
                    activity=rng.lognormvariate(0, 0.5),
                    luck=(rng.random() - 0.5) * 0.16,
                )
            )
    return everyone


def draw(user: User, prompt: str, seed: int) -> float:
    """A user's fixed place in [0, 1) for a prompt: below a version's share, the user gets it."""
    digest = hashlib.sha256(f"{seed}:{prompt}:{user.user_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def question(rng: Random, user: User, task_type: str) -> str:
    text = rng.choice(QUESTIONS[task_type]).format(order=f"A-{rng.randrange(10_000, 99_999)}")
    if rng.random() < CONTACT_SHARE:
        text += rng.choice(CONTACT).format(
            mail=user.mail, phone=rng.choice(PHONES), name=user.name, card=CARD, iban=IBAN
        )
    return text


def _ascii(name: str) -> str:
    return name.lower().replace("ü", "ue").replace("ö", "oe").replace(" ", ".")
