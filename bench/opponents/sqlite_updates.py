"""The floor of tracking: the same listing asked for, and the same rows of the same journal updated, by bare SQL."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.request

__all__ = ["run"]

STATES = {"PAUSED": "waiting", "ACCEPTED": "waiting", "INTERMEDIATED": "delivered", "INVOICED": "delivered"}


def run(journal: str, url: str, first: str, last: str) -> dict[str, int]:
    """Bring every invoice that is listed between two days up to date."""
    query = f"{url}/api/v1/partner/invoice/distribution?fromInvDate={first}&toInvDate={last}"
    with urllib.request.urlopen(query) as answer:
        records = json.load(answer)["distributions"]
    database = sqlite3.connect(journal)
    now = time.time()
    known = dict(
        database.execute("SELECT number, id FROM invoices WHERE environment = 'staging' AND account = 'bench'")
    )
    updates, events = [], []
    for record in records:
        if id := known.get(int(record["invoiceNumber"])):
            state = STATES.get(record["status"], "unknown")
            updates.append((state, now, record["status"], record["method"], record["distributedAt"], now, id))
            events.append((id, now, "bench", "observed", json.dumps(record)))
    with database:
        database.executemany(
            "UPDATE invoices SET state = ?, changed_at = ?, status = ?, method = ?, distributed_at = ?, seen_at = ?"
            " WHERE id = ?",
            updates,
        )
        database.executemany("INSERT INTO events (invoice, at, run, event, detail) VALUES (?, ?, ?, ?, ?)", events)
    found = dict(database.execute("SELECT state, COUNT(*) FROM invoices GROUP BY state"))
    database.close()
    return found
