"""Countries of the demo: where people live, what they speak and how their phone numbers are made.

Belongs here: facts of a country as the exports spell them. Does not belong here: territories and pools (``team``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Country:
    """One country.

    ``weight`` is its part of all arrivals; ``hours`` its distance from UTC in summer, rounded (only for the curve of
    the day); ``phones`` lists the prefixes of mobile numbers and how many digits follow; ``cities`` are city,
    state or region, postal code.
    """

    code: str
    name: str
    norwegian: str
    group: str
    language: str
    weight: int
    hours: int
    dial: str
    phones: tuple[tuple[str, int], ...]
    legal: str
    cities: tuple[tuple[str, str, str], ...]
    is_native_script: bool = True

    @property
    def is_western(self) -> bool:
        """Whether its names can be written in the western code page that the web form export uses."""
        return self.group not in {"pl", "el", "uk", "ja", "hi", "zh"}


def _cities(text: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((city, state, code) for city, state, code in (part.split("/") for part in text.split("|")))


# code, name, Norwegian name, names, language, weight, hours, dialling code, mobile prefixes+digits, legal form, cities
_ROWS = (
    ("NO", "Norway", "Norge", "no", "nb", 140, 2, "47", "92:6 41:6 97:6", "AS", "Oslo/Oslo/0155|Bergen/Vestland/5003|Trondheim/Trøndelag/7010|Tromsø/Troms/9008"),
    ("SE", "Sweden", "Sverige", "sv", "sv", 70, 2, "46", "70:7 73:7", "AB", "Stockholm/Stockholm/111 22|Göteborg/Västra Götaland/411 04|Malmö/Skåne/211 20"),
    ("DK", "Denmark", "Danmark", "da", "da", 50, 2, "45", "26:6 27:6 28:6", "A/S", "København/Hovedstaden/1050|Aarhus/Midtjylland/8000|Odense/Syddanmark/5000"),
    ("FI", "Finland", "Finland", "fi", "fi", 35, 3, "358", "40:7 50:7", "Oy", "Helsinki/Uusimaa/00100|Tampere/Pirkanmaa/33100|Oulu/Pohjois-Pohjanmaa/90100"),
    ("DE", "Germany", "Tyskland", "de", "de", 120, 2, "49", "151:8 160:7 171:7", "GmbH", "Berlin/Berlin/10115|München/Bayern/80331|Köln/Nordrhein-Westfalen/50667|Dresden/Sachsen/01067"),
    ("AT", "Austria", "Østerrike", "de", "de", 25, 2, "43", "664:7 676:7", "GmbH", "Wien/Wien/1010|Graz/Steiermark/8010"),
    ("CH", "Switzerland", "Sveits", "de", "de", 30, 2, "41", "78:7 79:7", "AG", "Zürich/Zürich/8001|Genève/Genève/1201|Lugano/Ticino/6900"),
    ("GB", "United Kingdom", "Storbritannia", "en", "en", 120, 1, "44", "7400:6 7711:6 7912:6", "Ltd", "London/England/SW1A 1AA|Leeds/England/LS1 4AP|Cardiff/Wales/CF10 1EP|Glasgow/Scotland/G2 1AL"),
    ("IE", "Ireland", "Irland", "en", "en", 20, 1, "353", "85:7 87:7", "Ltd", "Dublin/Leinster/D02 AF30|Cork/Munster/T12 K8AF"),
    ("FR", "France", "Frankrike", "fr", "fr", 70, 2, "33", "61:7 62:7 75:7", "SAS", "Paris/Île-de-France/75001|Lyon/Auvergne-Rhône-Alpes/69002|Nîmes/Occitanie/30000"),
    ("BE", "Belgium", "Belgia", "fr", "fr", 25, 2, "32", "470:6 496:6", "SA", "Bruxelles/Bruxelles/1000|Liège/Liège/4000"),
    ("NL", "Netherlands", "Nederland", "nl", "nl", 40, 2, "31", "61:7 62:7", "B.V.", "Amsterdam/Noord-Holland/1012 AB|Utrecht/Utrecht/3511 AA"),
    ("ES", "Spain", "Spania", "es", "es", 40, 2, "34", "61:7 65:7", "S.L.", "Madrid/Madrid/28001|Málaga/Andalucía/29001|A Coruña/Galicia/15001"),
    ("IT", "Italy", "Italia", "it", "it", 40, 2, "39", "333:7 347:7", "S.p.A.", "Milano/Lombardia/20121|Torino/Piemonte/10121|Forlì/Emilia-Romagna/47121"),
    ("PT", "Portugal", "Portugal", "pt", "pt", 15, 1, "351", "91:7 96:7", "Lda", "Lisboa/Lisboa/1100-053|Évora/Alentejo/7000-508"),
    ("US", "United States", "USA", "en", "en", 170, -5, "1", "2127:6 3033:6 2064:6 3126:6 6172:6 4153:6", "Inc.", "New York/NY/10001|Boston/MA/02108|Denver/CO/80202|Austin/TX/78701|Seattle/WA/98101"),
    ("CA", "Canada", "Canada", "en", "en", 28, -5, "1", "4163:6 6046:6 5148:6", "Inc.", "Toronto/ON/M5H 2N2|Vancouver/BC/V6B 1A1"),
    ("CA", "Canada", "Canada", "fr", "fr", 14, -5, "1", "5148:6 4186:6", "Inc.", "Montréal/QC/H2Y 1C6|Québec/QC/G1R 4P5"),
    ("JP", "Japan", "Japan", "ja", "ja", 30, 9, "81", "80:8", "K.K.", "東京/東京都/100-0001|大阪/大阪府/530-0001"),
    ("AU", "Australia", "Australia", "en", "en", 25, 10, "61", "412:6 431:6", "Pty Ltd", "Sydney/NSW/2000|Melbourne/VIC/3000|Perth/WA/6000"),
    ("IN", "India", "India", "hi", "en", 30, 5, "91", "982:7 991:7", "Pvt Ltd", "Mumbai/Maharashtra/400001|Pune/Maharashtra/411001"),
    ("SG", "Singapore", "Singapore", "zh", "en", 12, 8, "65", "81:6 91:6", "Pte Ltd", "Singapore/Singapore/018956"),
    ("PL", "Poland", "Polen", "pl", "pl", 20, 2, "48", "501:6 602:6", "Sp. z o.o.", "Warszawa/Mazowieckie/00-001|Łódź/Łódzkie/90-001"),
    ("GR", "Greece", "Hellas", "el", "el", 12, 3, "30", "694:7 697:7", "A.E.", "Αθήνα/Αττική/105 57|Πάτρα/Δυτική Ελλάδα/262 21"),
    ("UA", "Ukraine", "Ukraina", "uk", "uk", 10, 3, "380", "50:7 67:7", "LLC", "Київ/Київ/01001|Львів/Львівська область/79000"),
    # Where the demo company does not sell: a qualification rule of the policy sets these aside.
    ("BR", "Brazil", "Brasil", "pt", "pt", 6, -3, "55", "119:8 219:8", "Ltda", "São Paulo/SP/01001-000|Salvador/BA/40020-000"),
    ("MX", "Mexico", "Mexico", "es", "es", 4, -6, "52", "5512:6 3312:6", "S.A. de C.V.", "Ciudad de México/CDMX/06000|Mérida/Yucatán/97000"),
)  # fmt: skip


@cache
def countries() -> tuple[Country, ...]:
    """Return all countries; Canada stands twice, once for each of its languages."""
    return tuple(
        Country(*row[:8], phones=_phones(row[8]), legal=row[9], cities=_cities(row[10]))  # type: ignore[arg-type]
        for row in _ROWS
    )


def _phones(text: object) -> tuple[tuple[str, int], ...]:
    return tuple((prefix, int(digits)) for prefix, digits in (part.split(":") for part in str(text).split()))
