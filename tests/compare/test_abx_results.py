"""Results of blind tests in the hands of others: what a promise shows, and what thousands of damaged ones end in."""

from __future__ import annotations

import contextlib
import json
import random
import string

import pytest
from places import ROOT

from rig.cli import main
from rig.compare import significance
from rig.compare.abx import BlindTest, check
from rig.compare.abx_file import commitment, linked, promised_setup
from rig.compare.evidence.seal import as_written, sealed
from rig.compare.significance import Verdict
from rig.errors import CompareError

OLD = ROOT / "tests" / "golden" / "formats" / "abx"
SETUP = {
    "sides": ["half.nam", "other.nam"],
    "a": {"model": {"file": "half.nam", "hash": "1f", "size": 1.0}, "ir": None},
    "match": {"match_db": -1.25, "warnings": []},
    "match_trim_db": 0.5,
}


def answered(folder, right=7, trials=8, setup=SETUP):
    test = BlindTest.begin(folder / "test.json", trials, setup, keys=folder / "keys")
    while not test.is_finished:
        other = "B" if test.x == "A" else "A"
        test.answer(test.x if test.answered < right else other)
    return test


def written_anew(path, right):
    """A forger who makes everything fit: answers, links, figures; with the order he finds, or with one of his own."""
    data = json.loads(path.read_text())
    verdict, before = Verdict.of(right, data["trials"]), data["commitment"]
    for number, (entry, x) in enumerate(zip(data["answers"], data["order"], strict=True), 1):
        entry["answer"] = x if number <= right else {"A": "B", "B": "A"}[x]
        entry["link"] = before = linked(before, number, entry["answer"], entry["at"])
    figures = {"right": right, "p_value": verdict.p_value, "interval": list(verdict.interval)}
    path.write_bytes(as_written(sealed({**data, **figures})))


# ---------------------------------------------------------------- promises
def test_a_result_is_what_this_machine_promised(tmp_path):
    test = answered(tmp_path)
    found = check(tmp_path / "test.json", keys=tmp_path / "keys")
    assert (found.state, found.compared, found.problems) == ("ok", "kept", ())
    given = check(tmp_path / "test.json", promised=test.commitment[:16].upper(), keys=tmp_path / "none")
    assert (given.state, given.compared) == ("ok", "given")
    assert check(tmp_path / "test.json", closing=test.closing_hash, keys=tmp_path / "keys").state == "ok"


def test_without_a_promise_the_file_proves_only_itself(tmp_path, capsys):
    answered(tmp_path)
    path = tmp_path / "test.json"
    assert check(path, keys=tmp_path / "elsewhere").state == "unknown"
    assert main(["abx", str(path)]) == 0  # the user's own folder knows nothing of it
    said = capsys.readouterr().out
    assert "Proves    only that the file fits itself: whoever writes all of it anew can make it fit." in said


def test_a_result_that_was_written_anew_fits_itself_and_not_its_promise(tmp_path):
    test, keys = answered(tmp_path, right=4), tmp_path / "keys"
    path, promise, closing = tmp_path / "test.json", test.commitment, test.closing_hash
    written_anew(path, right=8)
    # The order is that of then: only the closing hash shows that the answers are not.
    assert check(path, keys=keys).verdict.right == 8
    found = check(path, closing=closing, keys=keys)
    assert found.state == "fail" and "its answers are not those of then" in found.problems[0]
    # Another order as well, with a salt and a promise of its own.
    data = json.loads(path.read_text())
    other = data["order"].translate({65: 66, 66: 65})
    data |= {"order": other, "commitment": commitment(other, data["salt"], promised_setup(data))}
    path.write_text(json.dumps(data))
    written_anew(path, right=8)
    assert check(path, keys=tmp_path / "elsewhere").state == "unknown"  # it fits itself
    assert "this machine promised another hash" in check(path, keys=keys).problems[0]
    assert "its promise is not the one you gave" in check(path, promised=promise, keys=keys).problems[0]


def test_what_the_test_was_begun_with_is_promised_too(tmp_path):
    answered(tmp_path)
    path = tmp_path / "test.json"
    data = json.loads(path.read_text())
    data["setup"]["sides"] = ["another.nam", "other.nam"]
    path.write_text(json.dumps(data))
    assert "its order or its setup is not the one that was promised" in check(path, keys=tmp_path / "keys").problems[0]


def test_the_levels_of_the_first_trial_are_in_the_promise(tmp_path):
    test = BlindTest.begin(tmp_path / "test.json", 5, SETUP, keys=tmp_path / "keys")
    before = test.commitment
    test.describe({"match_trim_db": 1.5})
    assert test.commitment != before
    test.answer("A")
    again = BlindTest.resume(tmp_path / "test.json", keys=tmp_path / "keys")
    for _ in range(4):
        again.answer("B")
    found = check(tmp_path / "test.json", promised=test.commitment)
    assert found.state == "ok" and found.setup["match_trim_db"] == 1.5


@pytest.mark.parametrize("text", ["", "12345", "no hash at all, sorry", "0" * 65])
def test_a_hash_that_is_none_is_refused(tmp_path, text):
    answered(tmp_path)
    with pytest.raises(CompareError, match=r"is no hash: it has 64 digits .* of which the first 16 do"):
        check(tmp_path / "test.json", promised=text)


def test_results_of_earlier_versions_are_checked_as_before_and_say_what_they_left_out(capsys):
    found = check(OLD / "finished.json")
    assert (found.problems, found.setup_is_promised, found.verdict.right) == ((), False, 7)
    assert main(["abx", str(OLD / "finished.json")]) == 0
    assert "whose promise left the setup out" in capsys.readouterr().out


def test_too_few_trials_show_nothing_and_say_how_many_are_needed():
    found = Verdict.of(4, 4)
    assert found.finding == "too few trials"
    assert "guessing alone gets all of them right in 6.2 % of such tests. At least 5 are needed" in found.sentence
    assert Verdict.of(5, 5).finding == "heard"
    assert Verdict.of(11, 16).finding == "not shown"
    enough = significance.large_enough()
    assert significance.power(enough, 0.7) >= 0.8
    assert all(significance.power(n, 0.7) < 0.8 for n in range(1, enough))
    assert f"with {enough} in 8" in Verdict.of(11, 16).sentence


# ---------------------------------------------------------------- damaged ones
ODD = (None, True, -1, 0, 1e308, 10**400, "", "A", "\ud800", [], {}, [[]], {"a": []}, "0" * 64, 3.5, "x" * 5000)


def places(value, path=()):
    """Every place in JSON data, with the way to it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield (*path, key)
        yield from places(part, (*path, key))


def mutated(text, rng):
    """A result with a part replaced, removed or moved, or with its text damaged."""
    if rng.random() < 0.3:
        raw = bytearray(text.encode())
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(raw))
            raw[at : at + rng.randint(0, 3)] = bytes(
                rng.choice(string.printable.encode() + b"\xff\x00\x1b") for _ in "ab"
            )
        return bytes(raw[: rng.randrange(len(raw))] if rng.random() < 0.2 else raw)
    data = json.loads(text)
    for _ in range(rng.randint(1, 2)):
        way = rng.choice(list(places(data)))
        home = data
        for key in way[:-1]:
            home = home[key]
        if rng.random() < 0.2:
            del home[way[-1]]
        else:
            home[way[-1]] = rng.choice(ODD)
    written = json.dumps(data)
    return (
        written if rng.random() < 0.9 else written.replace("0.5", rng.choice(["1e999", "NaN", "-Infinity"]))
    ).encode()


def ends_well(path, capsys, *options):
    """One sentence and 2, or success and 0; with --json nothing but JSON on standard output."""
    code = main(["abx", str(path), *options])
    out, err = capsys.readouterr()
    assert code in (0, 2), (code, out, err)
    assert "Traceback" not in out + err
    if "--json" in options and out:
        told = json.loads(out, parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))
        assert code == 0 or told.get("problems") or told.get("error")
    elif code == 2:
        assert (err.startswith("rig: ") and err.count("\n") == 1) or "Problem   " in out, (out, err)
    return code


def try_many(folder, capsys, seed, count):
    rng = random.Random(seed)
    answered(folder)
    sources = [
        (folder / "test.json").read_text(),
        (OLD / "finished.json").read_text(),
        (OLD / "under way.json").read_text(),
    ]
    refused, path = 0, folder / "mutated.json"
    for number in range(count):
        content = mutated(sources[number % len(sources)], rng)
        path.write_bytes(content)
        try:
            refused += ends_well(path, capsys, *(["--json"] if number % 2 else [])) == 2
            with contextlib.suppress(CompareError):
                BlindTest.resume(path, keys=folder / "keys")
        except BaseException:
            print(f"seed {seed}, number {number}: {content[:300]!r}")
            raise
    assert refused > count / 2


def test_every_damaged_result_ends_in_a_sentence(tmp_path, capsys):
    try_many(tmp_path, capsys, 15, 80)


@pytest.mark.soak
def test_thousands_of_damaged_results_end_in_a_sentence(tmp_path, capsys):
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    try_many(tmp_path, capsys, seed, 5000)


def test_a_quality_is_kept_and_a_test_that_does_not_say_it_has_none(tmp_path, monkeypatch):
    from rig.cli import parser
    from rig.cli.ab_session import resumed

    monkeypatch.setenv("XDG_DATA_HOME", str(OLD.parent / "data"))
    data = json.loads((OLD / "under way.json").read_text())
    assert "quality" not in data["setup"]["command"]
    for value, found in ((None, 1), (4, 4), (3, None), (True, None), (2.5, None)):
        if value is not None:
            data["setup"]["command"]["quality"] = value
        (tmp_path / "t.json").write_text(json.dumps(data))
        options = parser().parse_args(["ab", "--resume", str(tmp_path / "t.json")])
        if found is None:
            with pytest.raises(CompareError, match=r"t\.json is damaged: quality of its command"):
                resumed(options)
        else:
            resumed(options)
            assert options.quality == found


def test_a_command_of_an_earlier_version_that_was_damaged_is_a_sentence(tmp_path, monkeypatch):
    """It is in no hash there: each value has to be one that the option could have had."""
    from rig.cli import parser
    from rig.cli.ab_session import resumed

    source = OLD / "under way.json"
    monkeypatch.setenv("XDG_DATA_HOME", str(OLD.parent / "data"))
    for name in json.loads(source.read_text())["setup"]["command"]:
        for odd in (3, [], {}, "a\0b") if name not in ("no_ir", "split") else ("yes", 1, None):
            if isinstance(odd, int) and name in (
                "size",
                "send_dbu",
                "max_input_dbu",
                "preamp_gain_db",
                "model_input_dbu",
            ):
                continue
            data = json.loads(source.read_text())
            data["setup"]["command"][name] = odd
            (tmp_path / "t.json").write_text(json.dumps(data))
            with pytest.raises(CompareError, match=rf"t\.json is damaged: {name} of its command"):
                resumed(parser().parse_args(["ab", "--resume", str(tmp_path / "t.json")]))
