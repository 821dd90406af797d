"""What the counts of tests/arm/counts.toml mean on a Raspberry Pi, as the tables of docs/raspberry-pi.md.

Nothing here was measured on a Raspberry Pi. A sample takes at least as many cycles as its busiest part needs: the way
in, where so many instructions begin per cycle, the vector units, the loads, the stores, the divider. No program keeps
its busiest part busy all the time, so what is likely and what is the most are multiples of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[3] / "docs" / "raspberry-pi.md"
RATE_HZ = 48_000
# rig's A1 standard takes 1.72 times the cycles that its multiply-adds alone need on the processor where that was
# measured (docs/developer/kernel-speed.md: 1432 and 833); one of the smallest networks loses more.
LIKELY, MOST = 1.7, 3.0
COMFORTABLE, TIGHT = 0.35, 0.6  # of one core, by what is likely: a third, and what still leaves room for the worst case


@dataclass(frozen=True, slots=True)
class Board:
    """A core, by its parts: how many may begin in a cycle, or how many cycles each takes."""

    name: str
    cpu: str
    clock_ghz: float
    width: int  # instructions per cycle
    simd: float  # instructions of 128 bits per cycle
    loads: float
    stores: float
    division_cycles: int  # of four floats, in which the divider takes no other

    def least_cycles(self, counted: dict[str, Any]) -> float:
        """Those of the busiest part, per sample."""
        accesses = counted["loads"] / self.loads, counted["stores"] / self.stores
        memory = max(accesses) if self.cpu == "cortex-a72" else sum(accesses)  # one unit each, or two for both
        divider = (counted["divisions"] + counted["scalar_divisions"]) * self.division_cycles
        return float(max(counted["instructions"] / self.width, counted["simd"] / self.simd, memory, divider))


BOARDS = (
    Board("Pi 4, 1.5 GHz", "cortex-a72", 1.5, 3, 1.0, 1.0, 0.5, 34),
    Board("Pi 4, 1.8 GHz", "cortex-a72", 1.8, 3, 1.0, 1.0, 0.5, 34),
    Board("Pi 5, 2.4 GHz", "cortex-a76", 2.4, 4, 2.0, 2.0, 1.0, 7),
)


def share(board: Board, cycles: float) -> float:
    """Of one core that plays in real time."""
    return cycles * RATE_HZ / (board.clock_ghz * 1e9)


def word(likely: float) -> str:
    """What is advised, by the likely share of a core."""
    return "yes" if likely <= COMFORTABLE else "tight" if likely <= TIGHT else "no"


def _percent(part: float) -> str:
    return f"{100 * part:.0f}" if part >= 0.01 else "<1"


def _named(counted: dict[str, Any]) -> str:
    quality = counted["quality"]
    return counted["name"] if quality == 1 else f"{counted['name']}, quality {quality}x"


def counts_table(counts: dict[str, Any]) -> list[str]:
    """What was counted."""
    rows = []
    for name, both in _by_name(counts).items():
        cells = [f"{board[kind]:,.0f}" for board in both.values() for kind in ("instructions", "multiply_adds")]
        rows.append([name, *cells, f"{both['cortex-a72']['divisions'] + both['cortex-a72']['scalar_divisions']:,.0f}"])
    head = ["per sample", "A72: instructions", "multiply-adds", "A76: instructions", "multiply-adds", "divisions"]
    return _table(head, rows)


def _by_name(counts: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for counted in counts["counted"]:
        found.setdefault(_named(counted), {})[counted["cpu"]] = counted
    return found


def cycles_table(counts: dict[str, Any]) -> list[str]:
    """From instructions to cycles, of both CPUs."""
    rows = []
    for name, both in _by_name(counts).items():
        cells = []
        for board in (BOARDS[0], BOARDS[2]):
            least = board.least_cycles(both[board.cpu])
            ipc = both[board.cpu]["instructions"] / least
            cells += [f"{least:,.0f} to {MOST * least:,.0f}", f"{ipc / LIKELY:.1f} ({ipc / MOST:.1f} to {ipc:.1f})"]
        rows.append([name, *cells])
    return _table(
        ["per sample", "A72: cycles", "instructions per cycle", "A76: cycles", "instructions per cycle"], rows
    )


def shares_table(counts: dict[str, Any]) -> list[str]:
    """Percents of one core, and what is advised."""
    rows = []
    for name, both in _by_name(counts).items():
        cells = []
        for board in BOARDS:
            least = share(board, board.least_cycles(both[board.cpu]))
            likely = LIKELY * least
            cells.append(f"{_percent(likely)} % ({_percent(least)} to {_percent(MOST * least)}) {word(likely)}")
        rows.append([name, *cells])
    return _table(["of one core", *(board.name for board in BOARDS)], rows)


def assumptions_table() -> list[str]:
    """The figures of both cores that the estimate stands on."""
    four, five = BOARDS[1], BOARDS[2]
    rows = [
        ["instructions that begin in a cycle", f"{four.width}", f"{five.width}"],
        ["vector instructions in a cycle", f"{four.simd:g}", f"{five.simd:g}"],
        ["loads in a cycle", f"{four.loads:g}", f"{five.loads:g}, with stores"],
        ["stores of a vector in a cycle", f"{four.stores:g}", f"{five.stores:g}"],
        ["cycles of a division of four floats", f"{four.division_cycles}", f"{five.division_cycles}"],
        ["clock", "1.5 GHz, later boards 1.8 GHz", "2.4 GHz"],
    ]
    return _table(["", "Pi 4: Cortex-A72", "Pi 5: Cortex-A76"], rows)


def tables(counts: dict[str, Any]) -> dict[str, list[str]]:
    """Each table by the name of its marks in the page."""
    return {
        "counts": counts_table(counts),
        "assumptions": assumptions_table(),
        "cycles": cycles_table(counts),
        "shares": shares_table(counts),
    }


def filled(page: str, counts: dict[str, Any]) -> str:
    """The page with the tables between their marks made anew."""
    for name, lines in tables(counts).items():
        begin, end = f"<!-- {name}: tests/arm/count.py -->\n", f"<!-- end of {name} -->"
        before, rest = page.split(begin)
        page = before + begin + "\n" + "\n".join(lines) + "\n\n" + end + rest.split(end, 1)[1]
    return page


def write(counts: dict[str, Any]) -> None:
    """Into docs/raspberry-pi.md."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), counts), encoding="utf-8")


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]
