"""The journal of one account: every transition of an invoice's state, each durable before it is acted upon.

ready ──claim──> sending ──settle──> sent ──observe──> waiting | delivered | failed | duplicate | attention | …
  ^                 |├──> rejected          (the API's own verdict, first attempt only)
  |                 |├──> ready             (nothing left this machine)
  |                 |└──> uncertain         (bytes were sent and no verdict came; or a crash)
  └── concluded absent ──┤  present and fits ──> sent;  present but not ours ──> conflict
handled: a person's final word
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence

import simplejson

from confirma_connector.errors import JournalError
from confirma_connector.journal.batch import Row, Told, insert, told_by, update
from confirma_connector.journal.entry import Claim, Entry, Facts, State
from confirma_connector.journal.keeping import Keeping
from confirma_connector.journal.reading import Reading
from confirma_connector.journal.register import Register
from confirma_connector.journal.rows import FRESH, NEW, as_entry, described, fresh, said
from confirma_connector.journal.step import CLAIMABLE, LEADS_TO, REOPENABLE, Step
from confirma_connector.language import tr
from confirma_connector.retelling import CUT_OFF

__all__ = ["Journal"]

_EVENTS = "events (invoice, at, run, event, http_status, detail, id)"
_SAID, _BODIES = "said (event, message, fields)", "bodies (event, body)"
_NO_BODY = "UPDATE bodies SET body = x'' WHERE event IN (SELECT id FROM events WHERE invoice = ?)"
_CLAIMABLE = f"({', '.join(repr(state) for state in sorted(CLAIMABLE))})"


class Journal(Reading, Register, Keeping):
    """The journal as one account in one environment sees it."""

    # -- the seller ------------------------------------------------------------------------------------------------

    def seller(self) -> str | None:
        """Give the seller that this account is bound to."""
        rows = self._rows("SELECT seller FROM accounts WHERE environment = ? AND account = ?", self._ours)
        return rows[0][0] if rows else None

    def account_of(self, seller: str) -> str | None:
        """Give the account of this environment that *seller* is bound to."""
        query = "SELECT account FROM accounts WHERE environment = ? AND seller = ?"
        rows = self._rows(query, (self.environment, seller))
        return rows[0][0] if rows else None

    def is_yearly(self) -> bool | None:
        """Tell whether the invoices of this account are kept by number and year; None while there are none."""
        row = self._rows("SELECT year FROM invoices WHERE environment = ? AND account = ? LIMIT 1", self._ours)
        return bool(row[0][0]) if row else None

    def bind(self, seller: str) -> None:
        """Bind this account to *seller*, in the place of the one before."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?)", (*self._ours, seller, time.time()))

    # -- transitions -----------------------------------------------------------------------------------------------

    def advance(self, steps: Sequence[Step] = (), claims: Sequence[Claim] = (), server_now: float = 0.0) -> list[Entry]:
        """Write verdicts and the next claims in one durable transaction; give the entries of the claims.

        When this returns, the intent to send each claim is on disk.
        """
        if claims:
            self._refuse_moved()
        with self._transaction() as database:
            now = time.time()
            ((last,),) = database.execute("SELECT COALESCE(MAX(id), 0) FROM events").fetchall()
            stepped = list(enumerate(steps, last + 1))
            self._step(database, stepped, now)
            entries = self._claimed(database, [claim.facts for claim in claims], now, server_now)
            begun = list(enumerate(entries, last + 1 + len(stepped)))
            events = [
                (step.entry, now, self.run, step.event, step.http_status, step.detail, id) for id, step in stepped
            ]
            events += [(one.id, now, self.run, "claimed", None, f"fingerprint {one.print}", id) for id, one in begun]
            insert(database, _EVENTS, events)
            insert(database, _SAID, [(id, *words) for id, step in stepped if (words := said(step))])
            insert(database, _BODIES, [(id, claim.body) for (id, _), claim in zip(begun, claims, strict=True)])
        return entries

    def _step(self, database: sqlite3.Connection, steps: Sequence[tuple[int, Step]], now: float) -> None:
        """Write steps, those that tell the same at once; one of the same invoice comes after those before."""
        turns: dict[int, int] = {}
        alike: dict[tuple[int, Told], list[Row]] = {}
        for event, step in steps:
            turn = turns[step.entry] = turns.get(step.entry, 0) + 1
            told, row = told_by(step, now, event)
            alike.setdefault((turn, told), []).append(row)
        written = sum(update(database, told, rows) for (_, told), rows in sorted(alike.items()))
        if written < len(steps):
            raise self._refused(database, [step for _, step in steps])

    def _refused(self, database: sqlite3.Connection, steps: Sequence[Step]) -> JournalError:
        """Say which of *steps* does not follow upon what was before. All of them are taken back."""
        database.execute("ROLLBACK")
        query = "SELECT number, state FROM invoices WHERE id = ?"
        became: dict[int, State] = {}
        for step in steps:
            number, state = database.execute(query, (step.entry,)).fetchone()
            state = became.get(step.entry, state)
            if step.state not in LEADS_TO.get(state, ()):
                wanted = step.state
                return JournalError(
                    tr(
                        "invoice {number} is {state} and cannot become {wanted}",
                        number=number,
                        state=state,
                        wanted=wanted,
                    )
                )
            became[step.entry] = step.state
        raise AssertionError("all of them follow")  # not for people

    def _claimed(
        self, database: sqlite3.Connection, several: Sequence[Facts], now: float, server_now: float
    ) -> list[Entry]:
        """Let invoices be `sending`: those that are new, and those that may go again."""
        new = self._added(database, several, "sending", now, server_now)
        return [one or self._again(database, facts, now, server_now) for one, facts in zip(new, several, strict=True)]

    def _added(
        self,
        database: sqlite3.Connection,
        several: Sequence[Facts],
        state: State,
        now: float,
        attempted_at: float | None = None,
    ) -> list[Entry | None]:
        """Put in invoices that were never here; give the entry of each, None for one that is here already."""
        ((last,),) = database.execute("SELECT COALESCE(MAX(id), 0) FROM invoices").fetchall()
        rows = [
            (id, one.number, one.year, state, now, self.run, *described(one), *self._ours, attempted_at)
            for id, one in enumerate(several, last + 1)
        ]
        unless = "ON CONFLICT (environment, account, number, year) DO NOTHING"
        if insert(database, NEW, rows, unless) == len(rows):
            return [fresh(row, attempted_at) for row in rows]
        new = {id for (id,) in database.execute("SELECT id FROM invoices WHERE id > ?", (last,))}
        return [fresh(row, attempted_at) if row[0] in new else None for row in rows]

    def _again(self, database: sqlite3.Connection, facts: Facts, now: float, server_now: float) -> Entry:
        """Let one that was here before be `sending`; its earlier request is dropped."""
        row = database.execute(
            "UPDATE invoices SET state = 'sending', changed_at = ?, run = ?,"
            " type = ?, date = ?, currency = ?, gross = ?, method = ?, core = ?, print = ?,"
            " attempted_at = COALESCE(attempted_at, ?), ended_at = NULL, absent_at = NULL,"
            " said = NULL, status = '', purged_at = NULL"
            " WHERE environment = ? AND account = ? AND number = ? AND year = ?"
            f" AND state IN {_CLAIMABLE} RETURNING {FRESH}",
            (now, self.run, *described(facts), server_now, *self._ours, facts.number, facts.year),
        ).fetchone()
        if row is None:
            raise JournalError(tr("invoice {number} cannot be claimed: it is not ready", number=facts.number))
        database.execute(_NO_BODY, (row[0],))
        return as_entry(row)

    def reopen(self, entry: Entry, superseded: Iterable[str], event: str, detail: str = "") -> None:
        """Let an invoice go again that the API took and did not deliver, or that was adopted by mistake.

        From here on it is a new attempt.

        *superseded* are the marks of what the server says of it now: that is about the attempts before.
        """
        if entry.state not in REOPENABLE and not entry.is_foreign:
            raise JournalError(
                tr("invoice {number} is {state} and cannot be sent again", number=entry.number, state=entry.state)
            )
        with self._transaction() as database:
            database.execute(
                "UPDATE invoices SET state = 'ready', changed_at = ?, said = NULL, status = '',"
                " ever_uncertain = 0, attempted_at = NULL, ended_at = NULL, taken_at = NULL, absent_at = NULL,"
                " case_id = '', distributed_at = '', seen_at = NULL, superseded = ? WHERE id = ? AND state = ?",
                (
                    time.time(),
                    simplejson.dumps(sorted({*entry.superseded, *superseded})),
                    entry.id,
                    entry.state,
                ),
            )
            self._log(database, entry.id, event, None, detail)

    def _log(self, database: sqlite3.Connection, invoice: int, event: str, status: int | None, detail: str) -> int:
        """Add to the audit trail; give the number of the event."""
        ((id,),) = database.execute(
            f"INSERT INTO {_EVENTS} VALUES (?, ?, ?, ?, ?, ?, NULL) RETURNING id",
            (invoice, time.time(), self.run, event, status, detail),
        )
        return int(id)

    def _say(self, database: sqlite3.Connection, invoice: int, event: int, message: str) -> None:
        """Let *message* be said of an invoice from *event* on; what was said of its fields stays."""
        query = "SELECT fields FROM said WHERE event = (SELECT said FROM invoices WHERE id = ?)"
        (fields,) = database.execute(query, (invoice,)).fetchone() or ("[]",)
        insert(database, _SAID, [(event, message, fields)])
        database.execute("UPDATE invoices SET said = ? WHERE id = ?", (event, invoice))

    def note_conflict(self, facts: Facts, message: str, detail: str) -> None:
        """Remember an invoice that the server has and this journal has not sent: it is never sent from here."""
        with self._transaction() as database:
            now = time.time()
            (new,) = self._added(database, [facts], "conflict", now)
            if new:
                id = new.id
            else:
                ((id,),) = database.execute(
                    "UPDATE invoices SET state = 'conflict', changed_at = ?"
                    " WHERE environment = ? AND account = ? AND number = ? AND year = ?"
                    f" AND state IN {_CLAIMABLE} RETURNING id",
                    (now, *self._ours, facts.number, facts.year),
                ).fetchall()
            event = self._log(database, id, "found at Confirma", None, detail)  # not for people
            self._say(database, id, event, message)

    def adopt(self, facts: Facts, message: str) -> bool:
        """Remember an invoice that was sent elsewhere: it is never sent from here. Tells whether it was unknown."""
        with self._transaction() as database:
            (new,) = self._added(database, [facts], "handled", time.time())
            if new:
                self._say(database, new.id, self._log(database, new.id, "adopted", None, message), message)
            return new is not None

    def cut_off(self) -> int:
        """Turn what a killed run left as `sending` into `uncertain`; the caller holds the account's lock.

        When the attempt ended is not known, and is left open until the server's clock has been heard.
        """
        left = self.entries(["sending"])
        self.advance([Step(entry.id, "uncertain", "cut off", message=CUT_OFF) for entry in left])  # not for people
        return len(left)
