-- int_item_keys: which keys each item has.
-- kind: temp
-- grain: one row per due item and key
-- key: item_seq, key_no
-- by: key(key_text)
-- columns:
--   item_seq: the item
--   key_no: the key, of int_keys
--   pair_no: the key with the item's name, of int_key_pairs; null without a name
select texts.item_seq, keys.key_no, pairs.pair_no
from int_key_texts as texts
inner join int_keys as keys using (key_text)
left join int_key_pairs as pairs using (key_text, sign)
