-- int_item_contexts: the contact and the account each due item belongs to, as known when it was delivered.
-- A contact is found by its id, else by e-mail; an account by its id, else through the contact, else by the domain
-- of website or e-mail where exactly one account has it. Of several ids in one cell, with ; between them, the first that
-- is known counts, else the first.
-- kind: temp
-- grain: one row per due item
-- by: rows of int_due_items
-- columns:
--   item_seq: the item
--   contact_id: its contact, null when none is known
--   account_id: its account as delivered or found, null when none
--   account_name: of the account known by that id; likewise the other account_ columns
with

listed as (
    select
        item_seq, ingest_batch, 'contact' as meant, unnest(string_split(contact_id, ';')) as cell,
        generate_subscripts(string_split(contact_id, ';'), 1) as place,
    from int_due_items
    where contains(contact_id, ';')
    union all
    select
        item_seq, ingest_batch, 'account' as meant, unnest(string_split(account_id, ';')) as cell,
        generate_subscripts(string_split(account_id, ';'), 1) as place,
    from int_due_items
    where contains(account_id, ';')
),

-- An id that holds a ; itself is one id.
whole as (
    select due.item_seq, 'contact' as meant
    from int_due_items as due
    semi join int_contacts as contacts using (contact_id)
    where contains(due.contact_id, ';')
    union all
    select due.item_seq, 'account' as meant
    from int_due_items as due
    semi join int_accounts as accounts using (account_id)
    where contains(due.account_id, ';')
),

chosen as (
    select
        listed.item_seq,
        listed.meant,
        arg_min(trim(listed.cell), (known.id is null, listed.place)) as id,
    from listed
    anti join whole using (item_seq, meant)
    left join (
        select 'contact' as meant, contact_id as id, from_batch, until_batch from int_contacts
        union all
        select 'account' as meant, account_id as id, from_batch, until_batch from int_accounts
    ) as known
        on known.meant = listed.meant and known.id = trim(listed.cell)
        and listed.ingest_batch >= known.from_batch and listed.ingest_batch < known.until_batch
    where trim(listed.cell) <> ''
    group by all
),

items as (
    select
        due.item_seq,
        due.ingest_batch,
        coalesce(contacts.id, due.contact_id) as contact_id,
        coalesce(accounts.id, due.account_id) as account_id,
        due.email,
        due.other_emails,
        due.domain,
        due.email_domain,
    from int_due_items as due
    left join chosen as contacts on contacts.item_seq = due.item_seq and contacts.meant = 'contact'
    left join chosen as accounts on accounts.item_seq = due.item_seq and accounts.meant = 'account'
),

emails as (
    select item_seq, ingest_batch, email from items where email is not null and contact_id is null
    union
    select item_seq, ingest_batch, unnest(other_emails) as email
    from items
    where contact_id is null and len(other_emails) > 0
),

contacts_by_email as (
    select
        emails.item_seq,
        arg_min(contacts.contact_id, (-contacts.from_batch, contacts.contact_id)) as contact_id,
    from emails
    inner join int_contacts as contacts
        on contacts.email = emails.email
        and emails.ingest_batch >= contacts.from_batch and emails.ingest_batch < contacts.until_batch
    group by all
),

with_contact as (
    select
        items.* exclude (contact_id),
        coalesce(items.contact_id, contacts_by_email.contact_id) as contact_id,
    from items
    left join contacts_by_email using (item_seq)
),

with_contact_account as (
    select
        with_contact.* exclude (account_id),
        coalesce(with_contact.account_id, contacts.account_id) as account_id,
    from with_contact
    left join int_contacts as contacts
        on contacts.contact_id = with_contact.contact_id
        and with_contact.ingest_batch >= contacts.from_batch and with_contact.ingest_batch < contacts.until_batch
),

account_domains as (
    select domain, from_batch, until_batch, account_id
    from int_accounts
    where domain is not null
),

accounts_by_domain as (
    select with_contact_account.item_seq, min(account_domains.account_id) as account_id
    from with_contact_account
    inner join account_domains
        on account_domains.domain = coalesce(with_contact_account.domain, with_contact_account.email_domain)
        and with_contact_account.ingest_batch >= account_domains.from_batch
        and with_contact_account.ingest_batch < account_domains.until_batch
    where with_contact_account.account_id is null
    group by all
    having count(distinct account_domains.account_id) = 1
),

with_account as (
    select
        with_contact_account.item_seq,
        with_contact_account.ingest_batch,
        with_contact_account.contact_id,
        coalesce(with_contact_account.account_id, accounts_by_domain.account_id) as account_id,
    from with_contact_account
    left join accounts_by_domain using (item_seq)
),

final as (
    select
        with_account.item_seq,
        with_account.ingest_batch,
        with_account.contact_id,
        with_account.account_id,
        accounts.name as account_name,
        accounts.country as account_country,
        accounts.state as account_state,
        accounts.industry as account_industry,
        accounts.tier as account_tier,
        accounts.employee_count as account_employee_count,
        accounts.owner_id as account_owner_id,
    from with_account
    left join int_accounts as accounts
        on accounts.account_id = with_account.account_id
        and with_account.ingest_batch >= accounts.from_batch and with_account.ingest_batch < accounts.until_batch
)

select * from final
