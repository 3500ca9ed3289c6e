"""Columns of Salesforce exports: data exports (``OwnerId``) and connector tables (``owner_id``).

Belongs here: Salesforce's own column names, standard and usual custom ones. Does not belong here: an org's own
custom columns; those stand in the mapping of its sources.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping

from rr_pipeline.config.canonical import ObjectType
from rr_pipeline.config.preset_form import NOT, Preset, constant, either, several, snake
from rr_pipeline.config.sources import ColumnRule, RowFilter


def _field(*names: str, values: Mapping[str, str] | None = None, default: str | None = None) -> ColumnRule:
    """Return a rule over API names, each also as connectors spell it."""
    return either(*(form for name in names for form in (name, snake(name))), values=values, default=default)


def _several(*names: str) -> ColumnRule:
    return several(*(form for name in names for form in (name, snake(name))))


_RECORD = {
    "item_id": _field("Id"),
    "created_at": _field("CreatedDate"),
    "updated_at": _field("LastModifiedDate", "SystemModstamp"),
    "owner_id": _field("OwnerId"),
    "is_deleted": either("IsDeleted", "is_deleted", "_fivetran_deleted"),
}
_EXTRAS = {
    "language": _field("Language__c", "Languages__c", "PreferredLanguage__c"),
    "product_interest": _field("ProductInterest__c", "Product_Interest__c"),
    "tier": _field("Tier__c", "CustomerPriority__c"),
    "campaign": _field("Campaign__c", "CampaignId"),
    "source_channel": _field("LeadSource"),
}
_PERSON = {
    "email": _field("Email"),
    "phone": _field("Phone", "MobilePhone", "HomePhone"),
    "first_name": _field("FirstName"),
    "last_name": _field("LastName"),
    "full_name": _field("Name"),
}
# A person who opted out of mail has not agreed; the opposite says nothing about consent.
_CONSENT = _field("HasOptedOutOfEmail", values={"true": "denied", "1": "denied"}, default="unknown")


def _address(prefix: str) -> dict[str, ColumnRule]:
    return {
        "country": _field(f"{prefix}CountryCode", f"{prefix}Country"),
        "state": _field(f"{prefix}StateCode", f"{prefix}State"),
        "city": _field(f"{prefix}City"),
        "postal_code": _field(f"{prefix}PostalCode"),
    }


_FIRM = {
    "website": _field("Website"),
    "industry": _field("Industry"),
    "employee_count": _field("NumberOfEmployees"),
    "annual_revenue": _field("AnnualRevenue"),
}
_LEAD = {
    **_RECORD,
    **_EXTRAS,
    **_PERSON,
    **_FIRM,
    **_address(""),
    "other_emails": _several("Secondary_Email__c", "SecondaryEmail__c", "Other_Email__c"),
    "company": _field("Company"),
    "intent_score": _field("LeadScore__c", "Lead_Score__c", "Score__c"),
    "consent_status": _CONSENT,
    "status": _field("Status"),
    "account_id": _field("ConvertedAccountId"),
    "contact_id": _field("ConvertedContactId"),
    "is_converted": _field("IsConverted"),
    "closed_at": _field("ConvertedDate"),
}
_CONTACT_ITEM = {
    **_RECORD,
    **_EXTRAS,
    **_PERSON,
    **_address("Mailing"),
    "other_emails": _several(
        "npe01__WorkEmail__c", "npe01__HomeEmail__c", "npe01__AlternateEmail__c", "Secondary_Email__c"
    ),
    "consent_status": _CONSENT,
    "account_id": _field("AccountId"),
}
_ACCOUNT_ITEM = {
    **_RECORD,
    **_EXTRAS,
    **_FIRM,
    **_address("Billing"),
    "phone": _field("Phone"),
    "company": _field("Name"),
    "source_channel": _field("AccountSource"),
    "status": _field("Type"),
}
# CloseDate is when a deal is hoped to close, also while it is open: it is no closed_at.
_OPPORTUNITY_ITEM = {
    **_RECORD,
    **_EXTRAS,
    "full_name": _field("Name"),
    "product_interest": _field("Product__c", "ProductInterest__c"),
    "lifecycle_stage": _field("StageName"),
    "status": _field("StageName"),
    "account_id": _field("AccountId"),
    "contact_id": _field("ContactId", "npsp__Primary_Contact__c", "Primary_Contact__c"),
}
_CASE_ITEM = {
    **_RECORD,
    "email": _field("SuppliedEmail", "ContactEmail"),
    "phone": _field("SuppliedPhone", "ContactPhone", "ContactMobile"),
    "full_name": _field("SuppliedName"),
    "company": _field("SuppliedCompany"),
    "product_interest": _field("Product__c", "ProductId"),
    "source_channel": _field("Origin"),
    "priority": _field("Priority"),
    "status": _field("Status"),
    "account_id": _field("AccountId"),
    "contact_id": _field("ContactId"),
    "closed_at": _field("ClosedDate"),
}
_TASK_ITEM = {
    **_RECORD,
    "full_name": _field("Subject"),
    "priority": _field("Priority"),
    "status": _field("Status"),
    "account_id": _field("AccountId"),
    "closed_at": _field("CompletedDateTime"),
}
_ACCOUNTS = {
    "account_id": _field("Id"),
    "name": _field("Name"),
    "website": _field("Website"),
    "country": _field("BillingCountryCode", "BillingCountry", "ShippingCountryCode", "ShippingCountry"),
    "state": _field("BillingStateCode", "BillingState", "ShippingStateCode", "ShippingState"),
    "postal_code": _field("BillingPostalCode", "ShippingPostalCode"),
    "industry": _field("Industry"),
    "employee_count": _field("NumberOfEmployees"),
    "tier": _EXTRAS["tier"],
    "owner_id": _field("OwnerId"),
    "parent_account_id": _field("ParentId"),
    "updated_at": _RECORD["updated_at"],
}
_CONTACTS = {
    "contact_id": _field("Id"),
    "account_id": _field("AccountId"),
    "email": _field("Email"),
    "phone": _field("Phone", "MobilePhone", "HomePhone"),
    "name": _field("Name", "LastName"),
    "owner_id": _field("OwnerId"),
    "updated_at": _RECORD["updated_at"],
}
_OPPORTUNITIES = {
    "opportunity_id": _field("Id"),
    "account_id": _field("AccountId"),
    "contact_id": _OPPORTUNITY_ITEM["contact_id"],
    "owner_id": _field("OwnerId"),
    "is_open": _field("IsClosed", values=NOT),
    "amount": _field("Amount"),
    "updated_at": _RECORD["updated_at"],
}
_USERS = {
    "user_id": _field("Id"),
    "name": _field("Name", "LastName"),
    "email": _field("Email", "Username"),
    "is_active": _field("IsActive"),
    "time_zone": _field("TimeZoneSidKey"),
    "manager_id": _field("ManagerId"),
    "active_from": _field("CreatedDate"),
    "updated_at": _RECORD["updated_at"],
}
_TASK_KINDS = {"call": "call", "email": "email", "listemail": "email", "cadence": "email", "task": "note"}
_TASKS = {
    "activity_id": _field("Id"),
    "item_id": _field("WhoId", "WhatId"),
    "account_id": _field("AccountId"),
    "user_id": _field("OwnerId"),
    "kind": _field("TaskSubtype", "Type", values=_TASK_KINDS, default="note"),
    "direction": _field("CallType", values={"inbound": "inbound", "outbound": "outbound", "internal": "internal"}),
    "occurred_at": _field("CompletedDateTime", "CreatedDate"),
    "outcome": _field("CallDisposition", "Status"),
}
_EVENTS = {
    "activity_id": _field("Id"),
    "item_id": _field("WhoId", "WhatId"),
    "account_id": _field("AccountId"),
    "user_id": _field("OwnerId"),
    "kind": constant("meeting"),
    "occurred_at": _field("StartDateTime", "ActivityDateTime", "CreatedDate"),
    "outcome": _field("EventSubtype", "ShowAs"),
}
_OWNER_CHANGES = RowFilter(columns=("Field", "field"), values=("Owner", "OwnerId", "ownerAssignment"), any_of=True)
# Connectors that keep history close the last interval with the end of the calendar, which means: still so.
_OPEN_END = {f"9999-12-31{rest}": "" for rest in ("", " 23:59:59", "T23:59:59Z", " 23:59:59.999", " 23:59:59+00:00")}


def _items(object_type: ObjectType, mapping: Mapping[str, ColumnRule]) -> Preset:
    return Preset("items", object_type, mapping, queue_prefix="00G")


def _history(object_type: ObjectType, *parent: str) -> tuple[Preset, ...]:
    mapping = {
        "object_type": constant(object_type),
        "item_id": either(*(form for name in parent for form in (name, snake(name))), "id"),
        "owner_id": either("NewValue", "new_value", "owner_id"),
        "from_at": either("_fivetran_start", "CreatedDate", "created_date"),
        "until_at": either("_fivetran_end", values=_OPEN_END),
    }
    return (Preset("ownership_history", None, mapping, (_OWNER_CHANGES,)),)


SALESFORCE: Mapping[str, tuple[Preset, ...]] = {
    "lead": (_items("lead", _LEAD),),
    "contact": (Preset("contacts", None, _CONTACTS), _items("contact", _CONTACT_ITEM)),
    "account": (Preset("accounts", None, _ACCOUNTS), _items("account", _ACCOUNT_ITEM)),
    "opportunity": (Preset("opportunities", None, _OPPORTUNITIES), _items("opportunity", _OPPORTUNITY_ITEM)),
    "case": (_items("case", _CASE_ITEM),),
    "task": (Preset("activities", None, _TASKS), _items("task", _TASK_ITEM)),
    "event": (Preset("activities", None, _EVENTS),),
    "user": (Preset("users", None, _USERS),),
    "lead_history": _history("lead", "LeadId"),
    "contact_history": _history("contact", "ContactId"),
    "account_history": _history("account", "AccountId"),
    "opportunity_history": _history("opportunity", "OpportunityId"),
    "case_history": _history("case", "CaseId"),
}
"""Object -> presets, the usual table first."""
