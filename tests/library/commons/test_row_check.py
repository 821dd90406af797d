"""`rig interfaces check` refuses each kind of bad row in one sentence, and takes our own."""

import re

import pytest
from bad_rows import BAD, DISPUTED, GOOD, NO_TABLE, OTHER, ROW, TOP, with_line
from places import ROOT

from rig.errors import ConfigError
from rig.library import calibrated_levels
from rig.library.commons import row_values
from rig.library.commons.row_check import check_file
from rig.library.commons.row_fields import BASES, BASIS_WORDS, LEVELS
from rig.library.commons.row_fields import ROW as FIELDS
from rig.library.commons.row_problems import MOST_PROBLEMS
from rig.library.interfaces import SHIPPED_TABLE, Interface


@pytest.fixture
def checked(tmp_path):
    """The problems of a text, each a sentence."""

    def check(text):
        path = tmp_path / "bad.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return [problem.text for problem in check_file(path).problems]

    return check


@pytest.mark.parametrize("text", [GOOD, DISPUTED, GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD])
def test_a_good_row_is_taken(checked, text):
    assert checked(text) == []


def test_our_own_table_passes():
    report = check_file(SHIPPED_TABLE)
    assert [problem.text for problem in report.problems] == []
    assert report.rows == len(Interface.all(table=SHIPPED_TABLE.parent / "none")) >= 209


@pytest.mark.parametrize("kind", BAD)
def test_each_kind_of_bad_row_is_refused_in_one_sentence_with_file_line_and_row(checked, kind):
    text, sentence, _ = BAD[kind]
    found = checked(text)
    assert [said for said in found if re.search(sentence, said)], found
    for said in found:
        assert re.match(
            r"bad\.toml, line \d+(, row \d+( \(.+?\))?(, other source \d+)?|, reference \"[^\"]+\")?: ", said
        )
        assert said.isprintable() and said[-1] in ".?" and len(said) < 500
        assert len(re.findall(r"[.?] [A-Z]", said)) <= 1  # one sentence, and a hint at most


@pytest.mark.parametrize("kind", NO_TABLE)
def test_what_is_no_table_at_all_is_refused_as_a_whole(checked, kind):
    content, sentence = NO_TABLE[kind]
    with pytest.raises(ConfigError, match=sentence):
        checked(content)


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.toml: there is no such file in"):
        check_file(tmp_path / "gone.toml")
    with pytest.raises(ConfigError, match="a folder, not a table of interfaces"):
        check_file(tmp_path)


def test_all_problems_of_a_file_are_told_at_once_and_no_end_of_them(checked):
    bad = ROW.replace('basis = "cites-maker"\n', "").replace("12.5", "99.0")
    found = checked(TOP + bad)
    assert len(found) == 2 and "no basis" in found[0] and "99.0" in found[1]
    many = checked(TOP + "".join(bad.replace("Box 2", f"Box {n}") for n in range(400)))
    assert len(many) == MOST_PROBLEMS


def test_a_table_of_a_thousand_rows_is_checked(checked):
    rows = TOP + "".join(ROW.replace("Box 2", f"Box {n}") for n in range(1000))
    assert checked(rows + ROW.replace("Box 2", "Cube")) == []
    assert "is that of row 1 (line 6) already" in "".join(checked(rows + ROW.replace("Box 2", "box-0")))


def test_two_makers_may_have_a_model_of_one_name(checked):
    assert checked(GOOD + ROW.replace("Somebody", "Another")) == []


def test_sources_that_agree_stand_side_by_side_without_a_dispute(checked):
    assert checked(GOOD + OTHER.replace("17.5", "13.4")) == []  # 0.9 dB away
    assert checked(GOOD + OTHER.replace("17.5", "13.5")) == []  # 1 dB is not more than 1 dB
    assert len(checked(GOOD + OTHER.replace("17.5", "13.6"))) == 1


def test_a_contradiction_of_any_level_counts(checked):
    line = with_line("max_line_dbu = 20.0", GOOD)
    other = OTHER.replace("max_inst_dbu = 17.5", "max_line_dbu = 24.0")
    assert "max_line_dbu is 20, and another source of this row says 24" in checked(line + other)[0]
    assert checked(GOOD + other) == []  # of a level that the row does not have it is the only word


def test_a_clock_that_went_wrong_makes_no_row_wrong(checked, monkeypatch):
    monkeypatch.setattr(row_values, "today", lambda: "1970-01-01")
    assert checked(GOOD) == []
    monkeypatch.undo()
    monkeypatch.setattr(row_values, "today", lambda: "2098-12-31")
    assert checked(with_line('date = "2099-01-01"')) == []  # where the earth has turned already
    assert calibrated_levels.today() != "2098-12-31"


def test_names_that_hold_what_looks_like_an_address_or_a_number_are_taken(checked):
    for line in ('model = "Juli@"', 'note = "serial port of 1998"', 'note = "version 2.0 of page 7, <= 12 dBu"'):
        assert checked(with_line(line)) == [], line


def test_the_page_shows_rows_that_pass_and_every_basis(checked):
    page = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
    rows = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(rows) == 3
    assert [checked(row) for row in rows] == [[], [], []]
    for basis, words in BASIS_WORDS.items():
        assert f"| `{basis}` | {words}" in page


def test_the_pages_count_right():
    found = Interface.all(table=SHIPPED_TABLE.parent / "none")
    known = sum(interface.max_inst_dbu is not None for interface in found)
    for page, words in (("README.md", "interfaces"), ("docs/levels.md", "devices")):
        text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
        assert f"{len(found)} {words}, {known} of them" in text


def test_every_key_of_a_row_is_one_of_an_interface():
    assert set(FIELDS) <= {*Interface.__dataclass_fields__}
    assert set(LEVELS) < set(FIELDS) and len(BASES) == 7
