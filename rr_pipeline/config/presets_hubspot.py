"""Columns of HubSpot: its own exports (``Record ID``) and connector tables (``property_createdate``).

Belongs here: HubSpot's own column names. Does not belong here: an account's own properties; those stand in the
mapping of its sources.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping

from rr_pipeline.config.preset_form import NOT, Preset, either, several
from rr_pipeline.config.sources import ColumnRule


def _field(label: str | tuple[str, ...], *properties: str, values: Mapping[str, str] | None = None) -> ColumnRule:
    """Return a rule over a label of the export and property names, each plain and as connectors prefix them."""
    labels = (label,) if isinstance(label, str) else label
    return either(*labels, *(form for name in properties for form in (f"property_{name}", name)), values=values)


def _record(kind: str) -> dict[str, ColumnRule]:
    return {
        "item_id": either(
            "Record ID", f"Record ID - {kind}", "id", f"{kind.lower()}_id", "hs_object_id", "hs_object_id"
        ),
        "created_at": _field("Create Date", "createdate", "hs_createdate"),
        "updated_at": _field("Last Modified Date", "lastmodifieddate", "hs_lastmodifieddate"),
        "owner_id": either(
            f"{kind} owner", "HubSpot Owner", "Owner", "property_hubspot_owner_id", "hubspot_owner_id", "owner_id"
        ),
        "is_deleted": either("is_deleted", "_fivetran_deleted", "archived"),
    }


_PLACE = {
    "country": _field(("Country/Region", "Country"), "country", "hs_country_region_code"),
    "state": _field("State/Region", "state", "hs_state_code"),
    "city": _field("City", "city"),
    "postal_code": _field("Postal Code", "zip"),
}
_FIRM = {
    "website": _field(("Website URL", "Company Domain Name"), "website", "domain"),
    "industry": _field("Industry", "industry"),
    "employee_count": _field("Number of Employees", "numberofemployees", "numemployees"),
    "annual_revenue": _field("Annual Revenue", "annualrevenue"),
}
_CONTACT_ITEM = {
    **_record("Contact"),
    **_PLACE,
    **_FIRM,
    "email": _field("Email", "email"),
    "other_emails": several(
        "Additional email addresses", "Work email", "property_hs_additional_emails", "hs_additional_emails",
        "property_work_email", "work_email", "property_email_1",
    ),
    "phone": _field(("Phone Number", "Mobile Phone Number"), "phone", "mobilephone"),
    "first_name": _field("First Name", "firstname"),
    "last_name": _field("Last Name", "lastname"),
    "company": _field("Company Name", "company"),
    "language": _field("Preferred language", "hs_language"),
    "lifecycle_stage": _field("Lifecycle Stage", "lifecyclestage"),
    "source_channel": _field("Original Source", "hs_analytics_source"),
    "campaign": _field("Original Source Drill-Down 1", "hs_analytics_source_data_1"),
    "intent_score": _field("HubSpot Score", "hubspotscore"),
    "consent_status": _field(
        "Unsubscribed from all email", "hs_email_optout",
        values={"true": "denied", "yes": "denied", "1": "denied", "false": "unknown", "no": "unknown", "0": "unknown"},
    ),
    "status": _field("Lead Status", "hs_lead_status"),
    "account_id": _field(("Associated Company IDs", "Primary Associated Company ID"), "associatedcompanyid"),
}  # fmt: skip
_COMPANY_ITEM = {
    **_record("Company"),
    **_PLACE,
    **_FIRM,
    "phone": _field("Phone Number", "phone"),
    "company": _field(("Company name", "Company Name", "Name"), "name"),
    "lifecycle_stage": _field("Lifecycle Stage", "lifecyclestage"),
    "source_channel": _field("Original Source Type", "hs_analytics_source"),
    "tier": _field("Target Account", "hs_ideal_customer_profile"),
    "status": _field("Lead Status", "hs_lead_status"),
}
_DEAL_ITEM = {
    **_record("Deal"),
    "full_name": _field("Deal Name", "dealname"),
    "lifecycle_stage": either("Deal Stage", "property_dealstage", "dealstage", "deal_pipeline_stage_id"),
    "status": either("Deal Stage", "property_dealstage", "dealstage", "deal_pipeline_stage_id"),
    "priority": _field("Priority", "hs_priority"),
    "source_channel": _field("Original Source Type", "hs_analytics_source"),
    "account_id": either("Associated Company IDs", "Associated Company ID", "company_id"),
    "contact_id": either("Associated Contact IDs", "Associated Contact ID", "contact_id"),
}
_TICKET_ITEM = {
    **_record("Ticket"),
    "full_name": _field("Ticket name", "subject"),
    "product_interest": _field("Category", "hs_ticket_category"),
    "source_channel": _field("Source", "source_type"),
    "priority": _field("Priority", "hs_ticket_priority"),
    "language": _field("Language", "hs_ticket_language_ai_tag"),
    "status": either("Ticket status", "property_hs_pipeline_stage", "hs_pipeline_stage"),
    "account_id": either("Associated Company IDs", "Associated Company ID", "company_id"),
    "contact_id": either("Associated Contact IDs", "Associated Contact ID", "contact_id"),
    "closed_at": either("Close date", "Close Date", "property_closed_date", "closed_date"),
}
_CONTACTS = {
    "contact_id": _record("Contact")["item_id"],
    "account_id": _CONTACT_ITEM["account_id"],
    "email": _CONTACT_ITEM["email"],
    "phone": _CONTACT_ITEM["phone"],
    "name": several("First Name", "Last Name", "property_firstname", "property_lastname", "firstname", "lastname"),
    "owner_id": _record("Contact")["owner_id"],
    "updated_at": _record("Contact")["updated_at"],
}
_ACCOUNTS = {
    "account_id": _record("Company")["item_id"],
    "name": _COMPANY_ITEM["company"],
    "website": _field("Website URL", "website"),
    "domain": _field("Company Domain Name", "domain"),
    "country": _PLACE["country"],
    "state": _PLACE["state"],
    "postal_code": _PLACE["postal_code"],
    "industry": _FIRM["industry"],
    "employee_count": _FIRM["employee_count"],
    "tier": _COMPANY_ITEM["tier"],
    "owner_id": _record("Company")["owner_id"],
    "updated_at": _record("Company")["updated_at"],
    "parent_account_id": _field("Parent Company ID", "hs_parent_company_id"),
}
_OPPORTUNITIES = {
    "opportunity_id": _record("Deal")["item_id"],
    "account_id": _DEAL_ITEM["account_id"],
    "contact_id": _DEAL_ITEM["contact_id"],
    "owner_id": _record("Deal")["owner_id"],
    "updated_at": _record("Deal")["updated_at"],
    "is_open": _field("Is Deal Closed?", "hs_is_closed", values=NOT),
    "amount": _field("Amount", "amount"),
}
_OWNERS = {
    "user_id": either("owner_id", "Owner ID", "id", "User ID"),
    "name": several("Name", "First Name", "Last Name", "first_name", "last_name", "firstName", "lastName"),
    "email": either("email", "Email"),
    "is_active": either("archived", "_fivetran_deleted", values=NOT, default="true"),
    "active_from": either("created_at", "createdAt"),
    "updated_at": either("updated_at", "updatedAt"),
}
_KINDS = {
    "call": "call", "email": "email", "incoming_email": "email", "forwarded_email": "email", "meeting": "meeting",
    "note": "note", "task": "note", "communication": "reply",
}  # fmt: skip
_DIRECTIONS = {"email": "outbound", "incoming_email": "inbound", "forwarded_email": "internal"}
_ENGAGEMENTS = {
    "activity_id": either("Record ID", "engagement_id", "id", "hs_object_id"),
    "item_id": either("Associated Ticket IDs", "Associated Deal IDs", "ticket_id", "deal_id"),
    "contact_id": either("Associated Contact IDs", "contact_id"),
    "account_id": either("Associated Company IDs", "company_id"),
    "user_id": either(
        "Activity assigned to", "property_hubspot_owner_id", "hubspot_owner_id", "owner_id", "property_hs_created_by"
    ),
    "kind": either("Activity type", "type", "engagement_type", values=_KINDS, default="note"),
    "direction": either(
        "property_hs_email_direction", "hs_email_direction", "property_hs_call_direction", "hs_call_direction",
        "Call direction", values=_DIRECTIONS,
    ),
    "occurred_at": either(
        "Activity date", "property_hs_timestamp", "hs_timestamp", "timestamp", "property_hs_createdate", "created_at"
    ),
    "outcome": either(
        "Call outcome", "Meeting outcome", "property_hs_call_disposition", "property_hs_meeting_outcome",
        "property_hs_email_status",
    ),
}  # fmt: skip

HUBSPOT: Mapping[str, tuple[Preset, ...]] = {
    "contacts": (Preset("items", "lead", _CONTACT_ITEM), Preset("contacts", None, _CONTACTS)),
    "companies": (Preset("accounts", None, _ACCOUNTS), Preset("items", "account", _COMPANY_ITEM)),
    "deals": (Preset("items", "opportunity", _DEAL_ITEM), Preset("opportunities", None, _OPPORTUNITIES)),
    "tickets": (Preset("items", "case", _TICKET_ITEM),),
    "engagements": (Preset("activities", None, _ENGAGEMENTS),),
    "owners": (Preset("users", None, _OWNERS),),
}
"""Object -> presets, the usual table first. In HubSpot new people arrive as contacts, so those are leads here."""
