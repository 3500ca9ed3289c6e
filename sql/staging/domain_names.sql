-- domain_names: domain names that are not plain ASCII, in the form that mail goes by.
-- kind: temp
-- grain: one row per name as delivered
-- key: domain_text
-- reads: odd_email_pieces, website_texts
-- columns:
--   domain_text: the name as delivered
--   domain: the name in ASCII: compatibility letters folded, lower case, Punycode
--   is_confusable: one of its labels mixes scripts
from lent
