"""The six item feeds: which file, which dialect, which header stands for which generic column.

Belongs here: shapes only. Does not belong here: values (``cells``), spoiling (``spoil``) and writing (``text``).
Generic column names are those of ``cells``; ``templates/sources.yaml`` maps the headers to the pipeline's own names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from rr_pipeline.examples.demo.spoil import SPOILS, Dialect, spoilt_columns

ISO = Dialect(
    "1900-01-01T00:00:00.000+0000", "9999-12-31T23:59:59.000+0000", "2026-02-29T09:15:00.000+0000", False, False
)
NORWEGIAN = Dialect("01.01.1900 00:00", "31.12.9999 23:59", "29.02.2026 09:15", True, False)
BRITISH = Dialect("1900-01-01 00:00", "9999-12-31 23:59", "2026-02-29 09:15", False, False)
JSON = Dialect("1900-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-29T09:15:00Z", False, True)
JSON_NUMBERS = frozenset({"employees", "revenue", "score"})


@dataclass(frozen=True)
class Feed:
    """One feed. ``columns`` are (header, generic column); ``zone`` is where its clock hangs when it does not say."""

    name: str
    stem: str
    dialect: Dialect
    columns: tuple[tuple[str, str], ...]
    separator: str = ","
    quote_all: bool = True
    line_end: str = "\r\n"
    encoding: str = "utf-8"
    time_style: str = "iso_offset"
    zone: str = "UTC"

    @property
    def suffix(self) -> str:
        return "jsonl" if self.dialect.is_json else "csv"

    @cached_property
    def spoils(self) -> tuple[bool, ...]:
        """For each kind of ``SPOILS``: whether it can be seen in this feed."""
        own = {generic for _, generic in self.columns}
        return tuple(self._can(kind, own) for kind in SPOILS)

    def _can(self, kind: str, own: set[str]) -> bool:
        if kind in {"none", "control_char"}:
            return True
        if kind == "json_broken" or kind.startswith("ragged"):
            return (kind == "json_broken") == self.dialect.is_json
        if kind in {"name_nfd", "name_confusable"} and self.dialect.is_western:
            return False
        return bool(spoilt_columns(kind) & own)


def _columns(text: str) -> tuple[tuple[str, str], ...]:
    """Read "header=generic" pairs; a header with a space is written with "~"."""
    pairs = (word.partition("=") for word in text.split())
    return tuple((header.replace("~", " "), generic) for header, _, generic in pairs)


# The CRM's exports look like a data loader's: every field quoted, CRLF, a byte order mark, instants with an offset.
FEEDS: tuple[Feed, ...] = (
    Feed(
        "crm_leads",
        "Lead",
        ISO,
        _columns(
            "Id=id IsDeleted=false LastName=last FirstName=first Title=title Company=company City=city "
            "State=state PostalCode=postal Country=country Phone=phone Email=email Secondary_Email__c=email2 "
            "Website=website Industry=industry AnnualRevenue=revenue NumberOfEmployees=employees "
            "LeadSource=channel Campaign__c=campaign Product_Interest__c=product Language__c=language "
            "Required_Skills__c=skills Lead_Score__c=score Rating=priority Account__c=account_id "
            "HasOptedOutOfEmail=consent IsConverted=false Status=status OwnerId=owner CreatedDate=created "
            "LastModifiedDate=updated"
        ),
        encoding="utf-8-sig",
    ),
    # A Norwegian web form tool: semicolons, the western code page, decimal commas, local times without a zone.
    Feed(
        "web_leads",
        "webskjema",
        NORWEGIAN,
        _columns(
            "Løpenr=id Fornavn=first Etternavn=last E-post=email Annen~e-post=email2 Telefon=phone "
            "Firma=company Nettsted=website Land=country Sted=city Postnr=postal Språk=language "
            "Produkt=product Ansatte=employees Poeng=score Kilde=channel Kampanje=campaign Samtykke=consent "
            "Opprettet=created Endret=updated"
        ),
        separator=";",
        quote_all=False,
        line_end="\n",
        encoding="cp1252",
        time_style="%d.%m.%Y %H:%M",
        zone="Europe/Oslo",
    ),
    # A partner's feed: one JSON object a line, numbers as numbers, nothing for what is not known.
    Feed(
        "partner_leads",
        "partner_leads",
        JSON,
        _columns(
            "lead_ref=id given_name=first family_name=last mail=email mobile=phone company=company "
            "site=website country_code=country region=state town=city zip=postal lang=language skills=skills "
            "product=product headcount=employees turnover=revenue score=score partner=channel opt_in=consent "
            "created=created modified=updated"
        ),
        line_end="\n",
        time_style="iso_z",
    ),
    # A marketing tool's contact export (events, webinars): commas, quoted where needed, the portal's local time.
    Feed(
        "event_contacts",
        "hubspot-contacts",
        BRITISH,
        _columns(
            "Record~ID=id First~Name=first Last~Name=last Email=email Additional~email~addresses=email2 "
            "Phone~Number=phone Company~Name=company Website~URL=website Country/Region=country City=city "
            "Postal~Code=postal Preferred~language=language Industry=industry Number~of~Employees=employees "
            "HubSpot~Score=score Lifecycle~Stage=stage Original~Source=channel Event=campaign "
            "Marketing~consent=consent Create~Date=created Last~Modified~Date=updated"
        ),
        quote_all=False,
        line_end="\n",
        time_style="%Y-%m-%d %H:%M",
        zone="Europe/London",
    ),
    Feed(
        "crm_opportunities",
        "Opportunity",
        ISO,
        _columns(
            "Id=id IsDeleted=false AccountId=account_id ContactId=contact_id Name=title "
            "Billing_Country__c=country Product__c=product NumberOfEmployees__c=employees "
            "Type=opportunity_type StageName=stage LeadSource=channel Amount=revenue IsClosed=false "
            "OwnerId=owner CreatedDate=created LastModifiedDate=updated"
        ),
        encoding="utf-8-sig",
    ),
    Feed(
        "crm_cases",
        "Case",
        ISO,
        _columns(
            "Id=id CaseNumber=case_number IsDeleted=false AccountId=account_id ContactId=contact_id "
            "Subject=title Description=description Country__c=country Language__c=language "
            "Product__c=product Priority=priority Origin=channel Status=status OwnerId=owner IsClosed=false "
            "CreatedDate=created LastModifiedDate=updated"
        ),
        encoding="utf-8-sig",
    ),
)
