"""The table of moves: as documented, and without a trap."""

from pathlib import Path

from messaging.message import OPEN, TRANSITIONS, State

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "messages.md"


def _rows(columns: int) -> list[list[str]]:
    lines = DOCUMENT.read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in rows if len(row) == columns]


def test_the_documented_moves_are_the_moves() -> None:
    documented = {(row[0], row[1]) for row in _rows(4) if row[0] != "from" and row[0] != "---"}
    assert documented == {(origin.value, target.value) for origin in TRANSITIONS for target in TRANSITIONS[origin]}


def test_the_documented_states_are_the_states() -> None:
    words = {state.value for state in State}
    documented = {row[0]: row[2] == "yes" for row in _rows(3) if row[0] in words}
    assert documented == {state.value: state in OPEN for state in State}


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)


def test_every_open_message_can_come_to_rest() -> None:
    at_rest = set(State) - OPEN
    while True:
        more = {state for state in OPEN - at_rest if TRANSITIONS[state] & at_rest}
        if not more:
            break
        at_rest |= more
    assert at_rest == set(State)


def test_what_rests_for_good_comes_back_by_evidence_alone() -> None:
    final = {State.SKIPPED, State.FAILED, State.CANCELLED, State.EXPIRED, State.UNCERTAIN_FINAL}
    assert {state: TRANSITIONS[state] for state in final} == dict.fromkeys(final, frozenset({State.ACCEPTED}))
    assert not TRANSITIONS[State.HELD_OUT]
    assert TRANSITIONS[State.DELIVERED] & OPEN == {State.QUEUED}  # failover by time: delivered, and not read
