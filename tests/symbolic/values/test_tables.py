import numpy as np
import pytest

from symbolic.values.tables import Tables

CELLS = [("place(0,1)", (i, "even")) for i in range(200)]


def filled(count: int) -> Tables:
    tables = Tables(3)
    rows = tables.rows(CELLS[:count])
    tables.weights[rows] = np.arange(3 * count).reshape(count, 3)
    tables.visits[rows, 1] += 2
    return tables


def test_the_value_is_the_sum_of_the_active_entries():
    tables = filled(4)
    rows = tables.rows([CELLS[0], CELLS[3]])
    assert tables.values(rows).tolist() == [0 + 9, 1 + 10, 2 + 11]
    assert tables.values(tables.rows([])).tolist() == [0, 0, 0]
    assert tables.values(tables.rows([("new", ())])).tolist() == [0, 0, 0]


def test_a_cell_keeps_its_row_while_the_array_grows():
    tables = filled(60)
    before = tables.rows(CELLS[:60])
    tables.rows(CELLS)
    assert len(tables) == 200
    assert np.array_equal(tables.rows(CELLS[:60]), before)
    assert tables.weights[before].tolist() == np.arange(180).reshape(60, 3).tolist()
    assert np.all(tables.visits[before] == [0, 2, 0])
    assert not tables.weights[tables.rows(CELLS[60:])].any()
    assert [cell for cell, _, _ in tables.items()] == CELLS


@pytest.mark.parametrize("count", [0, 5, 150])
def test_a_state_comes_back_and_grows_on(count):
    tables, again = filled(count), Tables(3)
    again.set_state(tables.get_state())
    cells = [cell for cell, _, _ in again.items()]
    assert cells == CELLS[:count]
    for one, other in zip(tables.items(), again.items(), strict=True):
        assert np.array_equal(one[1], other[1])
        assert np.array_equal(one[2], other[2])
    new = again.rows(CELLS)[count:]
    assert new.tolist() == list(range(count, 200))
    assert not again.values(new).any()


def test_a_state_is_a_copy():
    tables = filled(2)
    state = tables.get_state()
    tables.weights += 1
    assert state["weights"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"expected arrays of shape \(5, 2\), got \(5, 3\)"):
        Tables(2).set_state(filled(5).get_state())
    state = filled(5).get_state()
    state["cells"] = state["cells"][:4]
    with pytest.raises(ValueError, match=r"\(4, 3\)"):
        Tables(3).set_state(state)
    state = filled(5).get_state() | {"visits": np.zeros((5, 2))}
    with pytest.raises(ValueError, match=r"got \(5, 2\)"):
        Tables(3).set_state(state)
