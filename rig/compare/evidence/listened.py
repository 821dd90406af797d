"""A listening test in a bundle: without paths, and without the names of its listeners unless they are wanted.

    results/3-listen/test.json          what was compared; each path by its hash, which the hash of the test covers
    results/3-listen/listeners/1.json   what a listener did, in no order that says who
    results/3-listen/report.json        what it came to

A listener's promise covers his name, so without it the promise cannot be checked any more. All he did can: its chain
begins with a hash (`head`) and ends with the closing hash that he was shown.
"""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import CompareError
from ...files.json_file import MAX_BYTES
from ...files.numbers import is_number
from ..listening.chain import digest, linked
from ..listening.listener_file import Course, closing_of, head_of, read_listener
from ..listening.prepared import FILE, LISTENERS, SOUNDS, Prepared, covered
from ..listening.results import report
from ..listening.sealing import Order, promise_of
from ..listening.tally import Report
from ..score import SCHEMA as COMPARISON
from .opened import Line
from .provenance import SCHEMA as PROVENANCE
from .replay import Find, replayed
from .result_files import Kind, Needed, Result, comparison_problem, read_json
from .seal import as_written

REPORT = "report.json"
SOUNDS_OF = "the sounds of section "  # and its number: the role of a file
NAMES = "the names of listeners"
FIGURES = ("scores", "screening", "counting", "ratings", "blocks", "heard", "friedman", "pairs")
TOLD = ("sentences", "notes")
DRAWN = "p_randomised"  # by chance, in an order that a version of numpy may change
SAME, SAME_DRAWN = 1e-9, 0.02
LISTEN: Kind = "listen"
Files = Mapping[str, bytes]


def read_listening_test(folder: Path, keep_names: bool) -> Result:
    """A test of `rig listen`, ready for a bundle. Raises CompareError: nobody has finished, or something was edited."""
    test = Prepared.open(folder)
    found = report(test)
    if found.problems:
        raise CompareError(f"{test.name} cannot be evidence: {found.problems[0]}")
    if not found.scores:
        raise CompareError(f"{test.name} has no listener who has finished; there is nothing to show yet.")
    everybody = [read_listener(path, test) for path in test.listeners()]
    finished = sorted(
        (each for each in everybody if each.order is not None), key=lambda each: str(each.data["promise"])
    )
    content, raw = read_json(test.folder / FILE)
    files = {FILE: _laid_out({**content, "setup": covered(content["setup"])}, content, raw)}
    for number, one in enumerate(finished, 1):
        name = {} if keep_names else {"listener": f"listener {number}"}
        files[f"{LISTENERS}/{number}.json"] = _laid_out({**one.data, **name}, one.data, one.path.read_bytes())
    sounds = {f"{number}.wav": test.folder / SOUNDS / f"{number}.wav" for number in range(1, test.sections + 1)}
    with assembled(files, sounds) as again:
        files[REPORT] = as_written(_told(report(again), (*FIGURES, *TOLD)))
    notes = []
    if found.unfinished:
        notes.append(f"{len(found.unfinished)} listeners of {test.name} have not finished, and are left out")
    if found.comments and not keep_names:
        notes.append(f"{len(found.comments)} comments stand in it as they were written; look whether they name anybody")
    left_out = ("paths", *(() if keep_names else (NAMES,)))
    whole = digest([content["hash"], [each.data["closing"] for each in finished]])
    return Result(
        LISTEN, test.folder, whole, tuple(files.items()), tuple(_needed(test, sounds)), left_out, tuple(notes)
    )


def _needed(test: Prepared, sounds: Mapping[str, Path]) -> Iterator[Needed]:
    """The sounds that were heard, and what they were made from."""
    from ...files.hashing import sha256_of

    for number, path in enumerate(sounds.values(), 1):
        yield Needed(f"{SOUNDS_OF}{number}", path.name, sha256_of(path), (path,))
    conditions = test.setup["conditions"]
    wet = next((each.get("file") for each in conditions if each["kind"] == "reference"), None)
    beside = Path(wet).parent if isinstance(wet, str) else test.folder
    for role in ("dry", "wet", "cabinet"):
        stated = test.setup.get(role)
        if isinstance(stated, dict) and isinstance(stated.get("name"), str) and isinstance(stated.get("sha256"), str):
            yield Needed(role, stated["name"], stated["sha256"], (beside / stated["name"],))
    for each in conditions:
        file, sha256 = each.get("file"), (each.get("how") or {}).get("sha256")
        if each["kind"] == "candidate" and isinstance(file, str) and isinstance(sha256, str):
            yield Needed("candidate", Path(file).name, sha256, (Path(file),))


def _told(found: Report, names: tuple[str, ...]) -> dict[str, Any]:
    content = found.to_json()
    return {name: content[name] for name in names}


# -------------------------------------------------------------------- as a folder that `rig listen` reads
@contextlib.contextmanager
def assembled(files: Files, sounds: Mapping[str, Path]) -> Iterator[Prepared]:
    """The test as a folder of its own; listeners without their names are sealed anew there, so that they are read.

    Raises CompareError where it is no test.
    """
    with tempfile.TemporaryDirectory(prefix="rig-evidence-") as scratch:
        folder = Path(scratch) / "test"
        for part in (SOUNDS, LISTENERS):
            (folder / part).mkdir(parents=True)
        (folder / FILE).write_bytes(files[FILE])
        for name, path in sounds.items():
            shutil.copyfile(path, folder / SOUNDS / name)
        for name, content in files.items():
            if name.startswith(f"{LISTENERS}/"):
                (folder / name).write_bytes(content)
        test = Prepared.open(folder)
        for path in test.listeners():
            data, _ = read_json(path)
            with contextlib.suppress(KeyError, TypeError, ValueError):  # what is damaged is found when it is read
                if data["head"] != head_of(data):
                    path.write_bytes(_laid_out(_sealed_anew(data, test), data, path.read_bytes()))
        yield test


def _sealed_anew(data: Mapping[str, Any], test: Prepared) -> dict[str, Any]:
    """The same sitting under the name that stands in it, with all hashes made anew; its own are checked before."""
    order = Order.of(data["order"], test.sections, len(test.conditions))
    made = {**data, "id": digest(data["id"])[:16]}
    made["promise"] = promise_of(order, data["salt"], data["test"], data["listener"])
    made["head"] = before = head_of(made)
    events = []
    for event in data["events"]:
        bare = {name: value for name, value in event.items() if name != "link"}
        before = linked(before, bare)
        events.append({**bare, "link": before})
    made["events"] = events
    return {**made, "closing": closing_of(made, data["order"], data["salt"])}


def _laid_out(content: Mapping[str, Any], data: Mapping[str, Any], raw: bytes) -> bytes:
    """The bytes of this content, laid out as `raw` is, which holds `data`."""
    for layout in ({"indent": 1}, {"separators": (",", ":")}, {}):
        if (json.dumps(data, sort_keys=True, **layout) + "\n").encode() == raw:
            return (json.dumps(content, sort_keys=True, **layout) + "\n").encode()
    return as_written(content)


def read_files(below: Mapping[str, Path]) -> dict[str, bytes]:
    """The files of a test. Raises CompareError for one that is larger than any of rig's."""
    for name, path in below.items():
        if path.stat().st_size > MAX_BYTES:
            raise CompareError(f"{name} has more than {MAX_BYTES >> 20} MiB, which no file of a listening test has.")
    return {name: path.read_bytes() for name, path in below.items()}


def chain_problem(data: Mapping[str, Any], test: Prepared) -> str | None:
    """What in a sitting without its name does not fit together, as a clause; None: all that can be checked does."""
    try:
        before, course = data["head"], Course(test.sections, len(test.conditions))
        for number, event in enumerate(data["events"], 1):
            if event.get("link") != linked(before, event):
                return f"entry {number} was changed after it was made"
            course.take(event)
            before = event["link"]
        Order.of(data["order"], test.sections, len(test.conditions))
        if data["test"] != test.hash:
            return "it belongs to another test"
        if not course.is_over or data["closing"] != closing_of(data, data["order"], data["salt"]):
            return "its closing hash is not that of what was done"
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return "an entry of it is none"
    return None


# -------------------------------------------------------------------- replayed
def replayed_listening(
    about: str,
    below: Mapping[str, Path],
    sounds: Mapping[str, Path],
    left_out: tuple[str, ...],
    find: Find,
    figures: bool,
    progress: Callable[[float], None],
) -> Iterator[Line]:
    """Lines about the test, its sounds, its listeners, its statistics, and the figures of its candidates.

    `below`: its files by their names below it; `sounds`: those of its sounds that are there, 1.wav and so on.
    """
    try:
        files = read_files(below)
        with assembled(files, sounds) as test:
            yield Line("ok", about, f"what was compared, and how, fits the hash {test.hash[:16]}... of the test")
            yield _of_the_sounds(about, test, len(sounds) < test.sections)
            yield from _of_the_listeners(about, below, test, NAMES in left_out)
            yield _of_the_statistics(about, files, test)
            if figures:
                yield from _of_the_figures(about, test, find, progress)
    except CompareError as error:
        yield Line("fail", about, str(error).rstrip("."))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        yield Line("fail", about, f"a part of it is missing, or of the wrong kind ({error})")


def _of_the_sounds(about: str, test: Prepared, missing: bool) -> Line:
    if missing:
        return Line("unknown", about, "the sounds that were heard are not in the bundle, only their hashes")
    problems = test.problems()
    if problems:
        return Line("fail", about, problems[0].rstrip("."))
    return Line("ok", about, f"the sounds of all {test.sections} sections are those that were rated, sample for sample")


def _of_the_listeners(about: str, below: Mapping[str, Path], test: Prepared, is_nameless: bool) -> Iterator[Line]:
    count, sittings = 0, set()
    for name, path in sorted(below.items()):
        if not name.startswith(f"{LISTENERS}/"):
            continue
        data, _ = read_json(path)
        if is_nameless:
            problem = chain_problem(data, test)
        else:
            problems = read_listener(path, test).problems
            problem = problems[0] if problems else None
        if data.get("salt") in sittings:
            problem = "the same sitting is there twice"
        sittings.add(data.get("salt"))
        count += problem is None
        if problem is not None:
            yield Line("fail", about, f"{name}: {problem}")
    if not count:
        return
    if is_nameless:
        yield Line("ok", about, f"what {count} listeners did fits together, up to the closing hash of each")
        yield Line("unknown", about, "their promises cannot be checked: they cover the names, which were left out")
    else:
        yield Line("ok", about, f"what {count} listeners did fits together, from the promise to the closing hash")


def _of_the_statistics(about: str, files: Files, test: Prepared) -> Line:
    stated, found = json.loads(files[REPORT]), report(test)
    again = json.loads(json.dumps(_told(found, FIGURES)))
    apart = [name for name in FIGURES if not _same(name, stated.get(name), again[name])]
    if apart:
        return Line("fail", about, f"its statistics differ: {', '.join(apart)}")
    out = len(found.scores) - len(found.counting)
    said = f"{found.ratings} scores of {len(found.counting)} listeners who count, {out} left out by the screening"
    return Line("ok", about, f"{said}: means, intervals and comparisons come out again")


def _same(name: str, stated: Any, again: Any) -> bool:
    if isinstance(stated, dict) and isinstance(again, dict):
        return stated.keys() == again.keys() and all(_same(key, stated[key], again[key]) for key in stated)
    if isinstance(stated, list) and isinstance(again, list):
        return len(stated) == len(again) and all(_same(name, a, b) for a, b in zip(stated, again, strict=True))
    if is_number(stated) and is_number(again):
        return math.isclose(stated, again, rel_tol=SAME, abs_tol=SAME_DRAWN if name == DRAWN else SAME)
    return bool(stated == again)


def _of_the_figures(about: str, test: Prepared, find: Find, progress: Callable[[float], None]) -> Iterator[Line]:
    """By way of a comparison as `rig compare` would have written it."""
    setup = test.setup
    files: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    for role in ("dry", "wet"):
        files.append({"role": role, "name": setup[role]["name"], "sha256": setup[role]["sha256"]})
    for each in setup["conditions"]:
        if each["kind"] != "candidate":
            continue
        if each["how"].get("is") != "model":
            yield Line("unknown", about, f"the figures of {each['name']}, a recording, are not computed again")
            continue
        files.append({"role": "candidate", "name": each["name"], "sha256": each["how"]["sha256"]})
        scores.append({**each["how"]["figures"], "file": each["name"]})
    options = {"input_dbu": setup.get("input_dbu"), "input_basis": setup.get("input_basis") or ""}
    made = {
        "schema": PROVENANCE,
        "files": files,
        "options": {**options, "channel": setup.get("channel")},
        "versions": {},
    }
    comparison = {"schema": COMPARISON, "scores": scores, "provenance": made}
    problem = comparison_problem(comparison)
    if problem is not None:
        yield Line("fail", about, f"its figures cannot be computed again: {problem}")
    elif scores:
        yield from replayed(about, comparison, find, progress)
