"""A kind of limit is one entry, with where it begins: a monthly one on a warehouse of before, and on a new one."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest

from rr_pipeline.shipped import sql_folder
from tests.e2e.projects import lead, policy, rows, run_project, write_leads, write_project
from tests.tools.changed_modules import run_changed, text_of

FUNCTION = '''def of_month(day: Any, first_weekday: Any) -> Any:
    """Months of the calendar of Gregory; the arithmetic counts from the first of March."""
    shifted = day + 719468
    of_era = shifted % 146097
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    return day - (of_year - (153 * ((5 * of_year + 2) // 153) + 2) // 5)


@dataclass(frozen=True)
class Window:
'''
ENTRY = """    Window(
        "monthly", "month", "a month", "In a local month of the member.", "local month the month count is of",
        most_days=31, first_day=of_month,
    ),
    Window(
        "total",
"""
BEGINNING = """
        when 'month' then date_diff('day', date '1970-01-01', date_trunc('month', make_timestamp(local_us)))
    end"""
DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def changed(folder):
    """The package with a monthly limit: an entry, a function, and a branch of the macro."""
    sql = shutil.copytree(sql_folder(), folder / "sql")
    macro = sql / "intermediate" / "limit_window.sql"
    macro.write_text(macro.read_text().replace("\n    end", BEGINNING))
    limits = text_of("rr_pipeline.core.limits").replace("@dataclass(frozen=True)\nclass Window:\n", FUNCTION)
    shipped = text_of("rr_pipeline.shipped").replace("def sql_folder() -> Path:", "def installed_sql() -> Path:")
    shipped += f"\n\ndef sql_folder() -> Path:\n    return Path({str(sql)!r})\n"
    return {
        "rr_pipeline.core.limits": limits.replace('    Window(\n        "total",', ENTRY.rstrip("\n")),
        "rr_pipeline.shipped": shipped,
    }


def monthly():
    """Four a month, for the member and for the user; before, only a day had a limit."""
    rules = policy([{"user": "a"}], limits={"daily": 3, "monthly": 4})
    return rules | {"version": "v2", "effective_from": "2026-03-10T00:00:00Z",
                    "users": [{"user": "a", "limits": {"monthly": 9}}]}  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = tmp_path_factory.mktemp("months")
    texts = changed(made)
    found = []
    for name in ("before", "new"):
        folder = write_project(made / name, policy([{"user": "a"}], limits={"daily": 3}))
        write_leads(folder, [lead(number) for number in range(3)], "leads_20260302T1000.csv")
        found.append(folder)
    run_project(found[0])
    for folder in found:
        (folder / "policies" / "v2.yaml").write_text(json.dumps(monthly()))
        later = [DAY + timedelta(days=days) for days in (10, 11, 12, 30, 31)]
        write_leads(folder, [lead(100 + place, at=at) for place, at in enumerate(later)], "leads_20260403T1000.csv")
    run_changed(texts, made, *found, NUMBA_DISABLE_JIT="1")
    return found


@pytest.mark.parametrize("which", [0, 1], ids=["a warehouse of before", "a new one"])
def test_a_monthly_limit_holds(folders, which):
    """Three were given in March before the limit came: one more fits, the others wait for the first of April."""
    given = "select item_id, decided_at::date::varchar from marts.fct_decisions where kind = 'assign' order by item_id"
    assert rows(folders[which], given)[3:] == [
        ("L00100", "2026-03-12"), ("L00101", "2026-04-01"), ("L00102", "2026-04-01"), ("L00103", "2026-04-01"),
        ("L00104", "2026-04-02"),
    ]  # fmt: skip


@pytest.mark.parametrize("which", [0, 1], ids=["a warehouse of before", "a new one"])
def test_state_and_reasons_speak_of_it(folders, which):
    state = "select month_window, month_count from ops.router_state qualify run_id = max(run_id) over ()"
    assert rows(folders[which], state) == [((date(2026, 4, 1) - date(1970, 1, 1)).days, 4)]
    told = """
        select distinct marts.reason_name(reason) as name
        from (select unnest(reasons) as reason from ops.considered_log) where name is not null"""
    assert rows(folders[which], told) == [("limit_month",)]
