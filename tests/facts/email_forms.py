"""Forms of an e-mail address after RFC 5321, 5322 and 1035: which a record may carry, and which it may not.

Accepted are plain addresses, also of domains that a name server alone could refuse. Refused are mistakes, and what mail
may carry but no record uses: quoted local parts, comments, address literals, folding white space within an address,
domains of one label or ending in a number. White space around an address is trimmed.
"""

from __future__ import annotations

_LONG = (
    "abcdefghijklmnopqrstuvwxyz" * 2 + "abcdefghijkl"
)  # the 64 letters that a local part may have, the 63 of a label
_LABEL = _LONG[:63]

ACCEPTED = (
    # the usual ones, and short ones
    "ann@firm.example", "ann@sales.firm.example", "a@firm.example", "ann@x.com", "ann.berg@firm.example",
    "7@firm.example",
    "ann@7.com", "ann@7-eleven.example", "x-@firm.example", "ann@two--hyphens.example", "ann@firm.museum",
    # every sign of an atom but the bar, which stands between addresses here
    "!#$%&'*+/=?^_`{}~-@firm.example",
    # at the limits: local part, label, address
    f"{_LONG}@firm.example", f"ann@{_LABEL}.com", f"{_LONG}@{_LABEL}.{_LABEL}.{'d' * 57}.com",
    # international domains in their ASCII form, and a local part that only looks like one
    "ann@xn--bcher-kva.example", "ann@xn--fsqu00a.xn--0zwm56d", "xn--ann@firm.example",
    # white space around the address
    " ann@firm.example", "ann@firm.example ", "\nann@firm.example", "ann@firm.example\n", "\rann@firm.example",
    "ann@firm.example\r", "\r\nann@firm.example", "\r\n ann@firm.example", " \r\n ann@firm.example",
    " \r\n\r\n ann@firm.example", "ann@firm.example\r\n", "ann@firm.example\r\n ", "ann@firm.example \r\n \r\n",
    "\r\n \r\n ann@firm.example", "ann@firm.example\r\n \r\n ",
)  # fmt: skip

REFUSED = (
    # something is missing
    "ann", "@", "ann@", "@com", "@firm.example", "ann..firm.example", "ann_firm.example",
    # dots where none may be
    ".ann@firm.example", "ann.@firm.example", "ann..berg@firm.example", "ann@.firm.example", "ann@firm.example.",
    "ann@firm..example", "ann@.example",
    # hyphens at the edge of a label
    "ann@-firm.example", "ann@firm-.example", "ann@firm.example-",
    # more than one sign between local part and domain, escaped or not
    "ann@berg@firm.example", r"ann\@berg@firm.example",
    # top-level names that none can be: one label, one letter, a number, a hyphen
    "ann@com", "ann@firm.e", "ann@firm.123", "ann@192.0.2.1", "ann@firm.co-uk", f"a@{'b.' * 60}c",
    # too long: local part, label, domain, address
    f"{_LONG}m@firm.example", f"ann@{_LABEL}l.com", f"a@{_LABEL}.{_LABEL}.{_LABEL}.{'d' * 57}.com",
    f"{_LONG}@{_LABEL}.{_LABEL}.{'d' * 58}.com", f"a@{_LABEL}.{_LABEL}.{_LABEL}.{'d' * 60}.com",
    # quoted local parts, right and wrong
    '"ann"@firm.example', '""@firm.example', '"""@firm.example', r'"\a"@firm.example', r'"\""@firm.example',
    r'"\"@firm.example', r'"\\"@firm.example', 'ann"@firm.example', '"ann@firm.example', '"ann"berg@firm.example',
    'ann"berg"@firm.example', '"ann""berg"@firm.example', '"ann"."berg"@firm.example', r'"ann\ berg"@firm.example',
    '"ann".berg@firm.example', '"ann\0"@firm.example', '"ann\\\0"@firm.example', '"ann\r"@firm.example',
    '"\n"@firm.example', '"\\\n"@firm.example', '"\a"@firm.example', '"ann\\©"@firm.example',
    f'"{_LONG} x"@firm.example',
    # address literals, right and wrong
    "ann@[192.0.2.1]", "ann@a[192.0.2.1]", "ann@[192.0.2]", "ann@[192.0.2.1.5]", "ann@[192.0.2.256]", "ann@[192.0.2.1",
    "ann@[2001:db8:3:4:5:6:7:8]", "ann@[IPv6:2001:db8:3:4:5:6:7:8]", "ann@[IPv6:2001:db8:3:4:5:6:7]",
    "ann@[IPv6:2001:db8:3:4:5:6:7:8:9]", "ann@[IPv6:2001:db8:3:4:5:6:7:g]", "ann@[IPv6:2001:db8::8]",
    "ann@[IPv6::3:4:5:6:7:8]", "ann@[IPv6:::3:4:5:6:7:8]", "ann@[IPv6:2001::4:5::8]", "ann@[IPv6:::]",
    "ann@[IPv6:1::2:]",
    "ann@[IPv6:2001:db8:3:4:5:6:192.0.2.1]", "ann@[IPv6:2001:db8:3:4::192.0.2.1]", "ann@[IPv6::192.0.2.1]",
    "ann@[some-literal]", "ann@[some]-literal]", "ann@[some-[literal]", "ann@[some-\\\a-literal]", "ann@[some-\\\t-x]",
    r"ann@[some-\]-literal]", r"ann@[some-literal\]", "ann@[some-literal\\", "ann@[some literal]",
    "ann@[some-literal] (a comment)",
    # white space and control signs within an address
    "ann @firm.example", "ann@ firm .example", "ann . berg@firm.example", "\a@firm.example", "ann@\a.example",
    "ann@firm/part.example",
    # comments, right and wrong
    "(a comment)ann@firm.example", "((a comment)ann@firm.example", "(a (comment))ann@firm.example",
    "ann@(a comment)firm.example", "ann(a comment)berg@firm.example", "ann@(a comment)[192.0.2.1]",
    f"(a comment){_LONG}@firm.example", f"ann@(a comment){_LABEL}.com", "(ann@firm.example", "ann@(firm.example",
    r"(comment\)ann@firm.example", r"ann@firm.example(comment\)", "ann@firm.example(comment\\",
    "(\r)ann@firm.example", "ann@firm.example(\r)", "(\n)ann@firm.example", "(\a)ann@firm.example",
    "()ann@firm.example",
    "ann.(a comment)berg@firm.example",
)  # fmt: skip
