-- int_item_keys: which keys each item has.
-- kind: temp
-- grain: one row per due item and key
-- key: item_seq, key_no
-- by: key(key_text)
-- columns:
--   item_seq: the item
--   key_no: the key, of int_keys
select texts.item_seq, keys.key_no
from int_key_texts as texts
inner join int_keys as keys using (key_text)
