# The report of June 2025 from rows: N requests as rows.rs makes them, with an index by each month; prints the median seconds
# of that, and of counting and listing what is overdue.
import datetime, sqlite3, sys, time

size, places = int(sys.argv[1]), 200
db = sqlite3.connect("")
db.execute("create table r (place int, taken text, finished text, missed text, minutes int, due int)")


def rows():
    months = [((datetime.date(2025, 1, 1) + datetime.timedelta(days=d)).isoformat()[:7]) for d in range(374)]
    for n in range(size):
        d, open_, late = n % 365, n % 50 == 0, n % 20 == 7
        yield (n % places, months[d], None if open_ else months[d + 8], months[d + 8] if late or open_ else None,
               1 + n % 400 if late and not open_ else None, 1735689600 + 86400 * (d + 8) if open_ else None)


db.executemany("insert into r values (?,?,?,?,?,?)", rows())
for column in ("taken", "finished", "missed", "due"):
    db.execute(f"create index by_{column} on r ({column})")
db.commit()


def report(month):
    found = {}
    for column in ("taken", "finished"):
        found[column] = db.execute(f"select place, count(*) from r where {column} = ? group by place", (month,)).fetchall()
    late = "select place, coalesce(minutes, (1767225600 - due + 59) / 60) as m from r where missed = ? and (minutes is not null or due < 1767225600)"
    found["late"] = db.execute(f"select place, count(*), sum(m), max(m) from ({late}) group by place", (month,)).fetchall()
    found["median"] = db.execute(
        f"with l as (select place, m, row_number() over (partition by place order by m) as n, count(*) over (partition by place) as c from ({late}))"
        " select place, avg(m) from l where n in ((c + 1) / 2, (c + 2) / 2) group by place", (month,)).fetchall()
    return found


def overdue():
    return (db.execute("select count(*) from r where due < 1767225600").fetchone(),
            db.execute("select place, due from r where due < 1767225600 order by due limit 100").fetchall())


def median(work):
    times = []
    for _ in range(15):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)[7]


print(median(lambda: (report("2025-06"), report("2025-05"))), median(overdue))
