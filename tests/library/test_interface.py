import re
import tomllib

import pytest

from rig.errors import ConfigError
from rig.library.interfaces import SHIPPED_TABLE, Interface


@pytest.fixture
def own(tmp_path):
    """A function that writes the player's own table and gives its path."""

    def write(text: str):
        path = tmp_path / "interfaces.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def nothing(tmp_path):
    return tmp_path / "interfaces.toml"


@pytest.mark.parametrize(
    "name",
    ["Apollo 8x", "apollo-8x", "APOLLO_8X", "apollo8x", "universal audio apollo 8x", "Universal-Audio Apollo-8x"],
)
def test_case_spaces_dashes_and_the_maker_do_not_matter(name, nothing):
    assert Interface.named(name, table=nothing).model == "Apollo 8x"


@pytest.mark.parametrize(
    "name", ["Scarlett 2i2 3rd Gen", "scarlett 2i2 gen 3", "Focusrite Scarlett 2i2 (3rd generation)"]
)
def test_a_generation_may_be_written_either_way(name, nothing):
    assert Interface.named(name, table=nothing).model == "Scarlett 2i2 3rd Gen"


@pytest.mark.parametrize("name", ["Volt 176", "volt-476", "universal audio volt 1", "ApolloTwinX", "UCA222"])
def test_an_alias_is_as_good_as_the_name(name, nothing):
    assert Interface.named(name, table=nothing).aliases


def test_a_plus_makes_another_interface(nothing):
    assert Interface.named("ssl 2+", table=nothing).model == "SSL 2+"
    assert Interface.named("ssl 2", table=nothing).model == "SSL 2"


def test_the_level_shows_the_number_and_its_basis(nothing):
    assert str(Interface.named("apollo-8x", table=nothing).level()) == "12.2 dBu (Apollo 8x, article)"
    assert str(Interface.named("scarlett 4i4 gen 4", table=nothing).level()) == "12.0 dBu (Scarlett 4i4 4th Gen, maker)"


def test_a_disputed_level_says_so_with_the_other_figures(nothing):
    assert Interface.named("id4 mkii", table=nothing).level().basis == "iD4 MKII, cites-maker, disputed: 17.5 elsewhere"
    assert Interface.named("umc202hd", table=nothing).level().basis == (
        "UMC202HD, measured, disputed: -3 or 16.8 or 17 elsewhere"
    )


def test_an_unknown_name_gets_the_nearest_names_and_the_way_out(nothing):
    with pytest.raises(ConfigError, match=r'"apolo 8x" is known \(nearest: Universal Audio Apollo 8x.*--max-input-dbu'):
        Interface.named("apolo 8x", table=nothing)


def test_part_of_a_name_is_never_guessed_but_gets_every_name_that_holds_it(nothing):
    with pytest.raises(ConfigError, match="nearest: Universal Audio Apollo 8x, Universal Audio Apollo Twin X"):
        Interface.named("apollo", table=nothing)


@pytest.mark.parametrize("name", ["", " - ", "zzzzzz", "()"])
def test_a_name_like_nothing_gets_only_the_way_out(name, nothing):
    with pytest.raises(ConfigError, match=r"is known; give its level with --max-input-dbu X, or add your own entry"):
        Interface.named(name, table=nothing)


def test_an_interface_without_a_figure_says_why_and_the_way_out(nothing):
    interface = Interface.named("AudioBox 1818VSL", table=nothing)
    with pytest.raises(
        ConfigError, match=r"PreSonus AudioBox 1818VSL: no level .*measure it\); give its level with --max"
    ):
        interface.level()


def test_the_players_own_entry_wins(own):
    table = own('[[interface]]\nmodel = "UMC202HD"\nmax_inst_dbu = 0.4\nbasis = "measured"\n')
    interface = Interface.named("umc202hd", table=table)
    assert interface.origin == "yours"
    assert str(interface.level()) == "0.4 dBu (UMC202HD, your entry, measured)"
    listed = [entry for entry in Interface.all(table=table) if entry.model == "UMC202HD"]
    assert listed == [interface]


def test_an_own_entry_needs_only_a_name_and_a_level(own):
    table = own('[[interface]]\nmodel = "My old box"\nmax_inst_dbu = 9\n')
    assert str(Interface.named("my-old-box", table=table).level()) == "9.0 dBu (My old box, your entry)"


def test_a_name_that_fits_two_entries_is_refused_with_both(own):
    table = own('[[interface]]\nmaker = "A"\nmodel = "Box"\n[[interface]]\nmaker = "B"\nmodel = "Box"\n')
    with pytest.raises(ConfigError, match=r'"box" may be "A Box", "B Box": give the name in full'):
        Interface.named("box", table=table)
    assert Interface.named("b box", table=table).maker == "B"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[interface]]\nmodel = "Box"\nmax_inst_dbu = "12"\n',
            r'line 3: max_inst_dbu is "12", expected a level',
        ),
        (
            '[[interface]]\nmodel = "Box"\nmax_inst_dbu = 900\n',
            r"line 3: max_inst_dbu is 900, expected a level in dBu",
        ),
        ('[[interface]]\nmodel = "Box"\nmax_inst_dbu = nan\n', "max_inst_dbu is nan"),
        ('[[interface]]\nmodel = "Box"\nmax_inst_dbu = true\n', "max_inst_dbu is true"),
        ('[[interface]]\nmodel = "Box"\nlevel = 12.0\n', r"line 3: unknown key level; the keys are maker"),
        ('[[interface]]\nmodel = "Box"\nbasis = "hearsay"\n', 'basis is "hearsay", expected one of maker'),
        ('[[interface]]\nmodel = "Box"\naliases = "B"\n', 'aliases is "B", expected a list'),
        ("[[interface]]\nmodel = 3\n", "model is 3, expected a name in quotes"),
        ("[[interface]]\nmax_inst_dbu = 12.0\n", r"line 1: this \[\[interface\]\] has no name; write model"),
        ("[interface]\nmax_inst_dbu = 12.0\n", r"expected tables that begin with \[\[interface\]\]"),
        ("schema = 3\n", "line 1: schema is 3, expected 1 or 2, which this rig reads"),
        ("max_inst_dbu: 12", "line 1: not TOML"),
        ('[[interface]]\nmodel = "Box"\naliases = ["B", 3]\n', r'line 3: aliases is \["B", 3\], expected a list'),
        ("a = " + "[" * 30000, "nested too deep for a table of interfaces"),
    ],
)
def test_a_mistake_in_the_own_table_is_named_with_file_line_and_key(own, text, message):
    path = own(text)
    with pytest.raises(ConfigError, match=rf"^{re.escape(str(path))}.*{message}"):
        Interface.named("apollo-8x", table=path)


def test_an_own_table_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match="a folder, not a table of interfaces"):
        Interface.named("apollo-8x", table=tmp_path)


def test_a_table_that_is_not_text_is_named(tmp_path):
    path = tmp_path / "interfaces.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="line 1: not a table of interfaces"):
        Interface.all(table=path)


def test_every_entry_of_our_table_keeps_its_own_rules(nothing):
    interfaces = Interface.all(table=nothing)
    assert len(interfaces) >= 57
    for interface in interfaces:
        assert interface.maker, interface
        assert interface.source, f"{interface.name} has no source"
        assert interface.basis is not None, interface.name
        assert not interface.verified or interface.basis == "maker", interface.name
        assert interface.disputed == bool(interface.other_dbu), interface.name
        assert (interface.basis == "none") <= (interface.max_inst_dbu is None), interface.name
        assert Interface.named(interface.name, table=nothing) == interface
        assert Interface.named(interface.model, table=nothing) == interface
        for alias in interface.aliases:
            assert Interface.named(alias, table=nothing) == interface


def test_reference_levels_of_other_programs_are_well_formed():
    content = tomllib.loads(SHIPPED_TABLE.read_text(encoding="utf-8"))
    assert {entry["name"]: entry["dbu"] for entry in content["reference"]}["Neural Amp Modeler plug-in"] == 12.0
