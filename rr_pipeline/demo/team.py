"""The demo company's own people: users, pools and who owns what from before.

Belongs here: the roster that users' feed, policies, absences and ownership share. Does not belong here: limits (``policies``).
User ids are the short aliases of the CRM, so that a policy can be read aloud.
"""

from __future__ import annotations

from dataclasses import dataclass

from rr_pipeline.demo.draw import Draw, Ints


@dataclass(frozen=True)
class User:
    """One user of the CRM. ``manager`` is an alias or empty; ``leaves`` marks who turns inactive during the period."""

    alias: str
    name: str
    zone: str
    manager: str
    is_active: bool = True
    leaves: bool = False


def _users(text: str) -> tuple[User, ...]:
    rows = (line.split("|") for line in text.strip().splitlines())
    return tuple(
        User(a.strip(), n.strip(), z.strip(), m.strip(), "gone" not in f, "leaves" in f) for a, n, z, m, f in rows
    )


USERS: tuple[User, ...] = _users("""
hlunde   | Hanna Lunde        | Europe/Oslo         |          |
tberg    | Tor Berg           | Europe/Oslo         | hlunde   |
kweiss   | Katrin Weiß        | Europe/Berlin       | hlunde   |
sdunn    | Stephen Dunn       | Europe/London       | hlunde   |
mcarter  | Monica Carter      | America/New_York    | hlunde   |
ysato    | Yui Sato           | Asia/Tokyo          | hlunde   |
inord    | Ida Nordli         | Europe/Oslo         | tberg    |
osolheim | Ole Solheim        | Europe/Oslo         | tberg    |
elind    | Emma Lindqvist     | Europe/Stockholm    | tberg    |
mkjaer   | Mads Kjær          | Europe/Copenhagen   | tberg    |
aniemi   | Anna Niemi         | Europe/Helsinki     | tberg    |
jvogt    | Jonas Vogt         | Europe/Berlin       | kweiss   |
lkrueger | Lena Krüger        | Europe/Berlin       | kweiss   |
fhuber   | Felix Huber        | Europe/Vienna       | kweiss   |
rmeier   | Regula Meier       | Europe/Zurich       | kweiss   |
pthiel   | Paula Thiel        | Europe/Berlin       | kweiss   |
gashw    | Grace Ashworth     | Europe/London       | sdunn    |
cobrien  | Conor O'Brien      | Europe/Dublin       | sdunn    |
nellery  | Noah Ellery        | Europe/London       | sdunn    |
twhit    | Thea Whitlock      | Europe/London       | sdunn    |
clefevre | Camille Lefèvre    | Europe/Paris        | kweiss   |
bmoreau  | Bastien Moreau     | Europe/Paris        | kweiss   |
edubois  | Eva Dubois         | Europe/Brussels     | kweiss   |
svisser  | Sem Visser         | Europe/Amsterdam    | kweiss   |
ldekker  | Lotte Dekker       | Europe/Amsterdam    | kweiss   |
cmunoz   | Carmen Muñoz       | Europe/Madrid       | sdunn    |
dlopez   | Diego López        | Europe/Madrid       | sdunn    |
gferrari | Giulia Ferrari     | Europe/Rome         | sdunn    |
rsimoes  | Rita Simões        | Europe/Lisbon       | sdunn    |
awells   | Amber Wells        | America/New_York    | mcarter  |
jcole    | Jordan Cole        | America/Chicago     | mcarter  |
priley   | Parker Riley       | America/Denver      | mcarter  |
zross    | Zoe Ross           | America/Los_Angeles | mcarter  |
mtremb   | Maxime Tremblay    | America/Toronto     | mcarter  |
bstone   | Blake Stone        | America/New_York    | mcarter  | leaves
htanaka  | Haruto Tanaka      | Asia/Tokyo          | ysato    |
kpatel   | Kiran Patel        | Asia/Kolkata        | ysato    |
ochen    | Olivia Chen        | Asia/Singapore      | ysato    |
jmarsh   | Jack Marsh         | Australia/Sydney    | ysato    |
pnowak   | Piotr Nowak        | Europe/Warsaw       | kweiss   |
enikol   | Elena Nikolaou     | Europe/Athens       | sdunn    |
vroth    | Viktor Roth        | Europe/Berlin       | kweiss   | gone
sholm    | Sara Holm          | Europe/Copenhagen   | tberg    | gone
dgray    | Dana Gray          | America/New_York    | mcarter  | gone
""".replace("    |\n", "    | \n"))  # fmt: skip

# Pool -> roster in order, as (alias, weight, skills). The policies are written from this.
POOLS: dict[str, tuple[tuple[str, int, str], ...]] = {
    "nordics": (("inord", 3, "enterprise"), ("osolheim", 3, ""), ("elind", 2, "swedish"), ("mkjaer", 2, "danish"), ("aniemi", 2, "finnish")),
    "dach": (("jvogt", 3, "german, enterprise"), ("lkrueger", 3, "german"), ("fhuber", 2, "german"), ("rmeier", 2, "german, french"), ("pthiel", 1, "german")),
    "uk_ireland": (("gashw", 2, "enterprise"), ("cobrien", 2, ""), ("nellery", 2, ""), ("twhit", 1, "")),
    "western_europe": (("clefevre", 3, "french, enterprise"), ("bmoreau", 2, "french"), ("edubois", 2, "french, dutch"), ("svisser", 2, "dutch"), ("ldekker", 1, "dutch")),
    "southern_europe": (("cmunoz", 2, "spanish"), ("dlopez", 2, "spanish"), ("gferrari", 3, "italian"), ("rsimoes", 1, "portuguese, spanish")),
    "north_america": (("awells", 3, "enterprise"), ("jcole", 2, ""), ("priley", 2, "spanish"), ("zross", 2, ""), ("mtremb", 2, "french"), ("bstone", 1, "")),
    "apac": (("htanaka", 2, "japanese"), ("kpatel", 2, ""), ("ochen", 2, "enterprise, japanese"), ("jmarsh", 2, "")),
    "enterprise": (("inord", 1, "enterprise, swedish"), ("jvogt", 1, "enterprise, german"), ("gashw", 1, "enterprise, italian"), ("clefevre", 1, "enterprise, french"), ("awells", 2, "enterprise, japanese")),
    "support": (("pnowak", 2, "technical, german"), ("enikol", 2, "technical"), ("ldekker", 1, "technical, dutch"), ("kpatel", 2, "technical")),
    "general": (("pnowak", 2, "german"), ("enikol", 2, "french, spanish"), ("twhit", 1, ""), ("jmarsh", 1, "")),
}  # fmt: skip

# Owners on old records: mostly reps, some who left, a queue, the integration, and one nobody knows any more.
_STRAYS = ("queue-inbound", "integration", "xformer")


def old_owners(draw: Draw, count: int) -> Ints:
    """Return an owner (position in ``OWNERS``) for each of ``count`` old records."""
    reps = [
        18 if user.is_active and user.manager not in {"", "hlunde"} else 0 if user.is_active else 40 for user in USERS
    ]
    return draw.pick([*reps, 12, 10, 8], count)


OWNERS: tuple[str, ...] = (*(user.alias for user in USERS), *_STRAYS)
