"""Rows of the table of interfaces: a good one, and each kind of bad one with what the check has to say of it.

Each bad row is a text, a regular expression of the sentence, and whether a JSON Schema can say the same: what it cannot
(units aside, two rows, sums, a day, what a text means) is left to `rig interfaces check`.
"""

from __future__ import annotations

TOP = 'schema = 2\nlicense = "CC0-1.0"\n\n'
ROW = """[[interface]]
maker = "Somebody"
model = "Box 2"
max_inst_dbu = 12.5
basis = "cites-maker"
source = "a page that names Somebody's manual, page 7"
date = "2026-11-30"
"""
GOOD = TOP + ROW
OTHER = """[[interface.other]]
max_inst_dbu = 17.5
basis = "community"
source = "a table of a forum"
date = "2026-11"
"""
DISPUTED = GOOD + 'disputed = true\nchosen_because = "it names the manual"\n\n' + OTHER


def without(key: str, text: str = GOOD) -> str:
    """The text without the line of a key."""
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{key} =")]
    assert len(kept) == len(lines) - 1, key
    return "".join(kept)


def with_line(line: str, text: str = GOOD) -> str:
    """The text with another line, in place of that of the same key if there is one."""
    key = line.partition(" =")[0]
    lines = [each for each in text.splitlines(keepends=True) if not each.startswith(f"{key} =")]
    at = max(n for n, each in enumerate(lines) if each.startswith("[[interface]]")) + 1
    return "".join([*lines[:at], f"{line}\n", *lines[at:]])


def second(*lines: str) -> str:
    """Two rows, the second with these lines changed."""
    row = TOP + ROW
    for line in lines:
        row = with_line(line, row)
    return GOOD + "\n" + row.removeprefix(TOP)


R = r"row 1 \(Somebody Box 2\): .*?"
BAD = {
    # name: (text, sentence, whether the JSON Schema refuses it as well)
    "no maker": (without("maker"), r"line 4, row 1 \(Box 2\): there is no maker, expected one; write maker", True),
    "no model": (without("model"), r"row 1 \(Somebody\): there is no model, expected one; write the name", True),
    "no basis": (
        without("basis"),
        R + "there is no basis, expected one; say how .*: basis = one of maker, cites",
        True,
    ),
    "no source": (without("source"), R + "there is no source, expected one; say where the figure stands", True),
    "no date": (without("date"), R + "there is no date, expected one; say when the source was read", True),
    "unknown basis": (with_line('basis = "hearsay"'), R + 'basis is "hearsay", expected one of maker', True),
    "mistyped basis": (with_line('basis = "mesured"'), R + "basis is .*; did you mean measured", True),
    "basis is no text": (with_line("basis = 1"), R + "basis is 1, expected one of maker", True),
    "empty source": (with_line('source = ""'), R + "source is empty; say where", True),
    "source that names nothing": (
        with_line('source = "forum"'),
        R + 'source is "forum", which nobody can look up',
        True,
    ),
    "date without quotes": (
        with_line("date = 2026-11-30"),
        R + r'date is 2026-11-30, expected .*; write date = "',
        True,
    ),
    "date of another order": (with_line('date = "30.11.2026"'), R + r'date is "30.11.2026", expected a day', True),
    "month that there is not": (with_line('date = "2026-13"'), R + r'date is "2026-13", expected a day', True),
    "day that there is not": (with_line('date = "2026-02-30"'), R + "date is .*, a day that no calendar has", False),
    "date to come": (with_line('date = "2126-01-01"'), R + "date is .*expected a day", True),
    "date soon to come": (
        with_line('date = "2099-01-01"'),
        R + "date is .*, which is still to come; write the day",
        False,
    ),
    "unknown key": (with_line("colour = 1"), R + "unknown key colour; the keys are maker, model", True),
    "mistyped key": (
        with_line("max_inst_dbus = 12.0"),
        R + r"unknown key max_inst_dbus; did you mean max_inst_dbu\?",
        True,
    ),
    "key in dBV": (
        with_line("max_inst_dbv = 2.0"),
        R + "max_inst_dbv is in dbv, expected .*; write max_inst_dbu = 4.2",
        True,
    ),
    "key in volts": (with_line("max_line_volts = 3.0"), R + "is in volts, .*; write max_line_dbu = 11.8", True),
    "key in dBFS": (
        with_line("max_mic_dbfs = -3.0"),
        R + "is in dbfs, .*; convert it to dBu RMS and write max_mic",
        True,
    ),
    "level with its unit": (
        with_line('max_inst_dbu = "+12 dBu"'),
        R + "is .*expected a level .*; write .* = 12.0",
        True,
    ),
    "level in dBV": (
        with_line('max_inst_dbu = "2 dBV"'),
        R + 'is "2 dBV", expected .*; write max_inst_dbu = 4.2',
        True,
    ),
    "level in volts": (
        with_line('max_inst_dbu = "3,1 V"'),
        R + 'is "3,1 V", expected .*; write max_inst_dbu = 12.0',
        True,
    ),
    "level in words": (with_line('max_inst_dbu = "loud"'), R + 'is "loud", expected .*; write the number alone', True),
    "level that is true": (with_line("max_inst_dbu = true"), R + "max_inst_dbu is true, expected a level in dBu", True),
    "level that is a list": (with_line("max_inst_dbu = [1.0]"), R + r"max_inst_dbu is \[1.0\], expected a level", True),
    "level that is no number": (with_line("max_inst_dbu = nan"), R + "max_inst_dbu is nan, expected a level", False),
    "endless level": (with_line("max_inst_dbu = inf"), R + "max_inst_dbu is inf, expected a level", True),
    "level too high": (with_line("max_inst_dbu = 48.0"), R + "is 48.0, expected a level in dBu from -20 to 32", True),
    "level too low": (with_line("max_inst_dbu = -60"), R + "is -60, expected a level in dBu from -20 to 32", True),
    "level of many digits": (with_line(f"max_inst_dbu = {'9' * 400}"), R + "is a number of very many digits", True),
    "switch that is no table": (with_line("line_settings = 3.0"), R + "line_settings is 3.0, expected levels by", True),
    "switch of a wrong level": (with_line("line_settings = { hi = 99.0 }"), R + r"line_settings.hi is 99.0, exp", True),
    "readout that cannot be": (
        with_line("inst_min_readout_db = 200"),
        R + "inst_min_readout_db is 200, expected",
        True,
    ),
    "flag that is none": (with_line('alsa_gain = "yes"'), R + 'alsa_gain is "yes", expected true or false', True),
    "aliases that are no list": (with_line('aliases = "B"'), R + 'aliases is "B", expected a list of names', True),
    "alias twice": (
        with_line('aliases = ["B", "B"]'),
        R + 'the name "B" stands twice in this row; take one away',
        True,
    ),
    "no level": (without("max_inst_dbu"), R + 'basis is cites-maker and there is no level, .*basis = "none"', True),
    "none with a level": (with_line('basis = "none"'), R + "basis is none, .*and there is max_inst_dbu; say how", True),
    "verified by others": (
        with_line("verified = true"),
        R + "verified is true and basis is cites-maker, expected",
        True,
    ),
    "measured by nobody knows": (with_line('basis = "measured"'), R + "basis is measured and there is no method", True),
    "measured with what": (
        with_line('method = "a sine"', with_line('basis = "measured"')),
        R + "basis is measured and there is no meter; say what it was measured with",
        True,
    ),
    "pad that takes less": (
        with_line("max_inst_pad_dbu = 2.0"),
        R + "max_inst_pad_dbu is 2, less than .*exchanged",
        False,
    ),
    "contradiction without a word": (
        GOOD + "\n" + OTHER,
        R + "max_inst_dbu is 12.5, and another source of this row says 17.5, .*; write disputed = true",
        False,
    ),
    "disputed by nobody": (with_line("disputed = true"), R + "disputed is true and no other source differs", True),
    "disputed without a reason": (
        without("chosen_because", DISPUTED),
        R + "disputed is true and there is no chosen",
        True,
    ),
    "reason without a dispute": (
        with_line('chosen_because = "so"'),
        R + "chosen_because without disputed = true; write both, or none",
        False,
    ),
    "other source without a basis": (
        DISPUTED.replace('basis = "community"\n', ""),
        r"row 1 \(Somebody Box 2\), other source 1: there is no basis, expected one",
        True,
    ),
    "other source without a level": (
        DISPUTED.replace("max_inst_dbu = 17.5\n", ""),
        "other source 1: another source without a level says nothing",
        True,
    ),
    "levels of schema 1": (with_line("other_dbu = [17.5]"), R + "other_dbu is of schema 1, expected each figure", True),
    "two rows of one name": (
        second('model = "BOX-2"'),
        r'row 2 \(Somebody BOX-2\): the name "BOX-2" is that of row 1 \(line 6\) already; keep one',
        False,
    ),
    "an alias that is another row": (
        second('model = "Cube"', 'aliases = ["box 2"]'),
        r'row 2 \(Somebody Cube\): the name "box 2" is that of row 1 \(line 6\) already',
        False,
    ),
    "two rows that contradict": (
        second("max_inst_dbu = 3.0"),
        r'row 2 .*: max_inst_dbu is 3, and row 1 of the same name "Box 2" says 12.5; keep one row, .*disputed',
        False,
    ),
    "a name that only looks like one": (
        with_line('model = "B\u043ex 2"'),  # a Cyrillic o
        "holds letters of two scripts in one word",
        False,
    ),
    "a name of nothing": (with_line('model = "--"'), 'model is "--", expected a name in quotes', False),
    "a name that never ends": (
        with_line(f'model = "{"x" * 90}"'),
        "model has 90 characters, expected at most 80",
        True,
    ),
    "a note that never ends": (
        with_line(f'note = "{"x" * 900}"'),
        R + "note has 900 characters, expected at most",
        True,
    ),
    "what steers a terminal": (
        with_line(r'note = "a\u001b[2J"'),
        R + r'note is "a\\u001b\[2J" and holds .*U\+001B',
        True,
    ),
    "what turns the direction": (with_line(r'note = "a\u202eb"'), R + r"note .*cannot be seen \(U\+202E\)", False),
    "two lines": (with_line('note = """one\ntwo"""'), R + r"note .*cannot be seen \(U\+000A\)", True),
    "a tag": (with_line('note = "<script>alert(1)</script>"'), R + "note .*holds a tag of a web page", False),
    "a serial number": (with_line('note = "S/N: 7A45B12"'), R + "note holds a serial number, expected nothing", False),
    "an address": (with_line('source = "ask jo@example.org"'), R + "source holds an e-mail address, expected", False),
    "a user's folder": (with_line('source = "/home/jo/sheet.pdf"'), R + "source holds a user's folder", False),
    "no version": (without("schema"), "line 1: no version, expected that of this form; write schema = 2", True),
    "another version": (with_line("x = 1").replace("schema = 2", "schema = 9"), "schema is 9, expected 2; docs/", True),
    "version that is true": (GOOD.replace("schema = 2", "schema = true"), "schema is true, expected 2", True),
    "no licence": (without("license"), 'no licence, expected .*; write license = "CC0-1.0"', True),
    "another licence": (GOOD.replace("CC0-1.0", "GPL-3.0"), 'license is "GPL-3.0", expected "CC0-1.0"', True),
    "row without its header": (TOP + ROW.replace("[[interface]]\n", ""), "unknown key maker, .*begins with", True),
    "no row at all": (TOP, "there is no row, expected one that begins with", True),
    "unknown table": (GOOD + "[other]\nx = 1\n", "unknown key other, expected schema, license, interface", True),
    "reference without a source": (
        GOOD + '[[reference]]\nname = "A plug-in"\ndbu = 12.0\ndate = "2026-11"\n',
        'reference "A plug-in": there is no source, expected one',
        True,
    ),
}
NO_TABLE = {  # what cannot be read as rows at all
    "no TOML": (b"max_inst_dbu: 12", "bad.toml, line 1: not TOML: "),
    "a key twice": (GOOD.encode() + b'date = "2026-11-30"\n', "line 11: not TOML: cannot overwrite a value"),
    "no text": (b"\xff\xfe\x00", "bad.toml, line 1: not a table of interfaces"),
    "huge": (
        GOOD.encode() + b"# " + b"x" * (1 << 20),
        "bad.toml: more than 1024 KiB, which no table of interfaces has",
    ),
    "nested too deep": (b"a = " + b"[" * 30000, "nested too deep for a table of interfaces"),
    "digits without end": (f"a = {'9' * 5000}".encode(), "contains a number with thousands of digits"),
    "JSON": (b'{"interface": []}', "bad.toml: a file in JSON"),
    "one table in place of rows": (
        b'[interface]\nmodel = "Box"\n',
        r"expected tables that begin with \[\[interface\]\]",
    ),
    "a number in place of rows": (b"interface = 3\n", r"interface is 3, expected tables that begin with"),
    "dots without end": (b"a" + b".a" * 5000 + b" = 1\n", "a key of hundreds of parts"),
}
