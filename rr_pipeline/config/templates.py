"""The files of a new project: small, valid as they are, and commented for someone who sees them first.

Belongs here: the text and its writing. Does not belong here: demo data.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from rr_pipeline.errors import Problem, RefusedError

_PROJECT = """\
# Settings of this project. Every line that starts with '#' shows a setting at its default; remove the '#' to change it.
# Check your changes at any time with:  rr-pipeline check

# In messages, reports and the names of runs: letters, digits, - and _.
name: my-routing

# The zone your business days follow: an exact name such as Europe/Oslo or America/New_York, or UTC.
time_zone: UTC

# When a run decides: now, or last_record (the newest instant in the data, for replaying exports).
# run_instant: now

# Reports never show a cell's value, only a hash of it. A key of your own makes the hashes unguessable.
# It is a secret: set the environment variable, and write its name here, never the key.
# hash_key: ${RR_HASH_KEY}

# Folders and files, inside this project.
# paths:
#   landing: landing                # delivered files
#   warehouse: warehouse.duckdb     # written by runs only
#   published: published            # what analysts read

# How phones and addresses become comparable. All of it is off until you set it.
# standardise:
#   phone_region: NO                # country of numbers written without +
#   plus_tag_domains: [gmail.com]   # name+anything@ is the same person as name@
#   dot_domains: [gmail.com]        # dots before the @ do not count

# What a run may use of this machine.
# engine:
#   memory_limit: 1500MB
#   threads: 2

# retention:
#   published_copies: 2             # the current one included

# publishing:
#   parquet: false                  # the fact tables by day too, as published/parquet/<table>/decided_date=.../
#   values: {}                      # words of the sources that analysts see, such as {source_channel: [Web]}
#   users: []                       # users outside the pools whose ids are names or addresses, shown all the same
#   as_delivered: []                # columns that show all but addresses and phone numbers, such as item_id

# Messages that runs leave in ops.outbox for other systems: assignment, breach, crm_owner_update,
# task, held (an item waits for long), queued.
# outbox:
#   messages: []

# A file beyond these is refused, and the others go on.
# limits:
#   max_file_bytes: 4GB
#   max_field_bytes: 1MB
#   max_columns: 2000
#   max_quarantine_rate: 0.5        # share of refused rows of a source that stops a run
"""

_SOURCES = """\
# Where records come from: one entry for each kind of file in the landing folder.
# To begin: remove the '{}' below, then the '#' (and the blank after it) before one of the examples.
sources: {}

# # A CSV file from a web form, its columns named one by one.
#   web_leads:
#     table: items                  # items, accounts, contacts, opportunities, users, absences, activities
#                                   # or ownership_history
#     object_type: lead             # lead, contact, account, opportunity, case, task or conversation
#     location: web_leads_*.csv     # files below the landing folder
#     options:
#       delimiter: ","
#       time_zone: Europe/Oslo      # of times written without a zone; without this such rows are refused
#     mapping:                      # our column: your column
#       item_id: Id
#       created_at: Created
#       email: [Email, SecondEmail]         # the first that is not empty
#       phone: Phone
#       full_name: Name
#       company: Company
#       country: Country
#       source_channel: {value: web}        # the same for every row
#       consent_status: {column: OptIn, values: {"true": granted, "false": denied}, default: unknown}

# # Salesforce exports need no mapping.
#   salesforce_leads: {preset: salesforce.lead, location: salesforce/Lead*.csv}
#   salesforce_users: {preset: salesforce.user, location: salesforce/User*.csv}
#   salesforce_accounts: {preset: salesforce.account, location: salesforce/Account*.csv}

# # Nor do HubSpot's.
#   hubspot_contacts: {preset: hubspot.contacts, location: hubspot/contacts*.csv, options: {time_zone: UTC}}
"""

_POLICY = """\
# Who gets what, from an instant on. To change the rules later, add another file with its own version and
# effective_from: what was decided under this one stays as it is.
version: "1"

# A local date or time in the project's zone, or an instant such as 2026-01-01T00:00:00Z.
# This version is in force until the next one begins.
effective_from: 2020-01-01

# Every skill and every queue that may be named below. A queue is a place that is nobody's.
skills: []
# queues: [review]

# When people work, by their own clock. Other days are off. '22:00-06:00 overnight' ends on the next day.
# calendars:
#   office:
#     hours: {mon-thu: [08:00-12:00, 12:30-16:00], fri: [08:00-15:00]}
#     holidays: [NO]                    # public holidays of a country, or a part of it such as US-CA
#     dates: [2026-05-18]               # further days off
#     not_holidays: [2026-12-24]        # worked all the same

# A pool shares its items in fair turns. The order of its members settles ties.
pools:
  everybody:
    members:
      # 'user' is the id in your users feed. These two are examples: put your own people here.
      - user: first-user
        weight: 1                       # with 2, twice as many; with 0, none
      - user: second-user
        # skills: [french]
        # time_zone: Europe/Paris       # default: the user's in the users feed, else the project's
        # limits: {daily: 10}           # also hourly, weekly, total
        # max_open: 25                  # open items at a time
        # calendar: office              # or of their own: hours: {mon-fri: [09:00-17:30]}
        # vacations:
        #   - {from: 2026-07-01, until: 2026-07-21}     # both days included
    # limits: {hourly: 5, daily: 20}    # for each member
    # accrue_while: [skill_missing]     # reasons to be passed over that still earn the share
    # debt_limit: 5                     # turns one can run ahead
    # catch_up_limit: 2                 # turns one can catch up
    # strategy: fair                    # or least_loaded: the fewest open items for max_open
    # sticky_for: 30d                   # a person's next item goes to the same owner

    # When nobody can take an item it waits, unless you say otherwise.
    # when_nobody: hold                 # or failover, queue, default_owner
    # hold_for: 4h                      # then it goes on
    # then: queue                       # or failover, default_owner
    # queue: review                     # or failover: another-pool; or default_owner: a-user

    # How soon owners should get in touch, and what happens when they do not. The first that fits an item counts.
    # sla:
    #   - name: large
    #     when: {employee_count: {min: 1000}}
    #     first_touch_within: 15m
    #     on_breach: [notify_manager, reassign, queue: review]
    #   - name: usual
    #     first_touch_within: 4h
    #     clock: working                # only the owner's working hours pass; default: calendar
    # activity_delay: 10m               # wait for activities that reach us late
    # max_reassignments: 3
    # declines: true                    # owners may decline
    # redo_on_return: true              # an owner who returns an item as bad gets another one

# Which items go to which pool; the first that matches wins. What matches none goes to catch_all.
# territories:
#   - name: nordics
#     pool: everybody
#     when: {country: [NO, SE, DK, FI], employee_count: {min: 50}}
#     needs: [french]                   # skills these items need
catch_all: everybody

# Who comes first for some items, if able to take them.
# preferences:
#   - {name: french-speakers, when: {language: [fr]}, prefer: {skills: [french], users: [first-user]}}

# Limits of single people over all pools.
# users:
#   - {user: first-user, limits: {daily: 20}, max_open: 50}

# Items that are set aside, not given to anybody.
# qualification:
#   - {name: no-consent, when: {consent_status: [denied, withdrawn]}}

# Whose items stay with an owner they already have, strongest claim first.
# ownership:
#   precedence: [item, opportunity, contact, account, survivor]
#   ignore_owners: [integration-user]   # owners who are nobody: by id, name or e-mail

# Words that say an item is closed, was returned as bad, or that its owner got in touch.
# closing:
#   statuses: [closed, converted, won, lost]
#   outcomes: [closed, won, lost]
#   still_open: [call back]
# returns:
#   outcomes: [duplicate, spam, out_of_territory]
# touches:
#   kinds: [call, email, meeting, message, reply, sms]
#   not_held: [canceled, cancelled, no show, rescheduled]   # outcomes of meetings that did not take place

# Which records are one person, and by what.
# identity:
#   deduplicate: [lead, contact]
#   keys: [email, phone_and_name]
"""

STARTER: Mapping[str, str] = MappingProxyType(
    {"project.yaml": _PROJECT, "sources.yaml": _SOURCES, "policies/first.yaml": _POLICY}
)
"""Text of each file of a new project, by its path in the folder."""


def write_starter(folder: Path) -> tuple[Path, ...]:
    """Write the files of a new project and an empty landing folder; return the paths of the files.

    Raises RefusedError (FILE_EXISTS, one problem a file) when anything but hidden files is there already; then nothing
    is written.
    """
    taken = [name for name in STARTER if (folder / name).exists() or (folder / name).is_symlink()]
    if not taken and folder.is_dir():
        taken = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))[:5]
    if taken:
        message = "is there already and is not overwritten; choose an empty folder"
        problems = [Problem(name, None, None, "FILE_EXISTS", message) for name in taken]
        raise RefusedError(f"A project cannot be started in {folder}.", problems)
    written = []
    for name, text in STARTER.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Mode x: a file that another program made since the look above is not overwritten either.
        with path.open("x", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
        written.append(path)
    (folder / "landing").mkdir(exist_ok=True)
    return tuple(written)
