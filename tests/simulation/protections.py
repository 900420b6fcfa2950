"""
The list of mutants: every protective line, and how it is taken out.
"""

from __future__ import annotations

from simulation.mutants import Edit, Mutant

LIVES = ("killed", "two at once", "suspended", "interrupted")
LOSSES = ("answer lost", "reset", "cut", "late", "request lost")

_HISTORY = "        self.history = _complete(gateway, entry, patience)\n"
_LISTED = (
    "        ids = self.history.ids\n        listed = self.history.orders["
    "ids.str.startswith(prefixes(campaign, gateway)).fillna(value=False)]\n"
)
_JOURNAL = "        known = journal.orders.of(campaign)\n"


def _one(name, module, old, new, *kinds, seeds=3_000):
    return Mutant(name, (Edit(module, old, new),), kinds, seeds)


MUTANTS = (
    # The journal.
    Mutant(
        "an order is claimed, on disk, before it leaves",
        (
            Edit("journal.batches", '"state": State.SENDING,\n', '"state": State.PLANNED,\n'),
            Edit(
                "journal.batches",
                "batches.c.owner == owner, batches.c.state == batch.state)",
                "batches.c.owner == owner)",
            ),
        ),
    ),
    Mutant(
        "a claim is from one state and owner (compare and swap)",
        (
            Edit("journal.batches", ".where(ours, batches.c.state == State.PLANNED)", ".where(ours)"),
            Edit(
                "journal.batches",
                "(batches.c.id == batch.id) & (batches.c.owner == owner)",
                "batches.c.id == batch.id",
            ),
        ),
        ("lock lost", "two at once", "busy", "rate"),
    ),
    _one(
        "a record is from one state and owner (compare and swap)",
        "journal.batches",
        ".where(batches.c.id == batch.id, batches.c.owner == owner, batches.c.state == batch.state)",
        ".where(batches.c.id == batch.id)",
    ),
    _one(
        "only dead owners' orders are taken over",
        "journal.batches",
        "if not self._owners.alive(name)]",
        "]",
        *("two at once", "other people", *LOSSES),
    ),
    _one(
        "the lock is looked at before each order leaves",
        "campaign.workers",
        "if not self._held():",
        "if False:",
        "lock lost",
        "two at once",
        "busy",
    ),
    _one(
        "a run stops when its file is another (inode)",
        "journal.batches",
        "return self._store.in_place and self._owners.alive(owner)",
        "return self._owners.alive(owner)",
        *("older copy in a run", "replaced", "deleted", "other people", "hidden", "suspended", "busy"),
    ),
    _one(
        "only who may be texted is cut into orders",
        "journal.batches",
        'return assign(connection, entry, owner, free[among(free["phone"], phones)])',
        "return assign(connection, entry, owner, free)",
        *("suppressed", "other people", "interrupted", "killed", "busy"),
    ),
    _one(
        "only people without an order are withdrawn",
        "journal.journal",
        "            recipients.c.batch.is_(None),\n",
        "",
        *("withdrawn", "two at once", "killed"),
    ),
    _one(
        "whom an order lacks is written down",
        "journal.batches",
        "stamp, change.told)\n    people.mark(connection, batch.id, change.missing, change.refused)\n",
        "stamp, change.told)\n",
        *("lost people", "answer lost", "reset"),
    ),
    _one(
        "what is claimed is read back by another process",
        "journal.batches",
        "            self._store.confirm(",
        "            (lambda *_: None)(",
        *("ghost file", "no history", "other people"),
    ),
    # What an answer proves.
    _one(
        "a refused order is asked for before it is split",
        "campaign.workers",
        "if ask_state(self._gateway, batch, order.people, self._patience).event is not Event.ABSENT:",
        "if False:",
        *("repeated id", "repeated", "said no", "skip refused"),
    ),
    _one(
        "whom an adopted order lists leaves the orders in doubt",
        "journal.journal",
        "            self.batches.free_texted(",
        "            (lambda *_: None)(",
        *("repeated id", "two at once", "killed", "older copy", "other people", "schedule", "suppressed"),
    ),
    _one(
        "a redirection proves nothing",
        "orders.states",
        "frozenset({307, 308, 403, 404})",
        "frozenset({301, 302, 303, 307, 308, 403, 404})",
        *("redirected", "killed"),
    ),
    _one(
        "a busy page proves nothing",
        "orders.states",
        "retry_after=True, page=False)",
        "retry_after=True)",
        *("page", "killed"),
    ),
    _one(
        "a broken gateway proves nothing",
        "orders.states",
        "frozenset({413, 415, 429})",
        "frozenset({413, 415, 429, 500, 502, 504})",
        *("broke", "killed"),
    ),
    _one(
        "half an answer proves nothing",
        "orders.states",
        "case Answer(status=status, ok=True) if status in proves.accepted:",
        "case Answer(status=status) if status in proves.accepted:",
    ),
    _one(
        "no answer proves nothing",
        "orders.states",
        "case Answer(status=None, connected=False):",
        "case Answer(status=None):",
    ),
    _one(
        "refused in doubt is never split",
        "orders.states",
        "(State.SENDING, Event.REFUSED):            Step(State.UNCONFIRMED, Action.LOOK_UP, Doubt.REFUSED),",
        "",
        *("repeated id", "reset", "hidden", "killed"),
    ),
    _one(
        "given up in doubt stays in doubt",
        "orders.states",
        "    (State.SENDING, Event.GAVE_UP):            Step(State.UNCONFIRMED, Action.STOP),\n",
        "",
        *("repeated id", "reset", "hidden", "busy", "closed", "unreachable"),
    ),
    _one(
        "who owned a dead run's order does not know that it left",
        "orders.states",
        "(State.SENDING, Event.OWNER_DIED):         Step(State.UNCONFIRMED, Action.LOOK_UP, Doubt.MAYBE)",
        "(State.SENDING, Event.OWNER_DIED):         Step(State.PLANNED, Action.LOOK_UP)",
    ),
    # The look-up.
    Mutant(
        "it takes two absences",
        (
            Edit(
                "campaign.reconcile",
                "            came = self._record(batch, people, finding)\n"
                "            if finding.event is Event.ABSENT:",
                "            gone = finding.event is Event.ABSENT\n"
                "            finding = replace(finding, event=Event.ABSENT_TWICE) if gone else finding\n"
                "            came = self._record(batch, people, finding)\n            if False:",
            ),
        ),
        ("hidden", *LOSSES, *LIVES),
    ),
    Mutant(
        "the grace is waited",
        (
            Edit(
                "campaign.reconcile",
                "self._patience.sleep(max(0.0, self._grace - (self._patience.clock.monotonic() - last)))",
                "pass",
            ),
            Edit(
                "campaign.reconcile", "if why := finding.proves_with(first, self._grace):", "if why := None:"
            ),
        ),
        ("hidden", *LOSSES, *LIVES),
    ),
    Mutant(
        "the grace counts from the answer",
        (
            Edit(
                "campaign.reconcile", "last = max(finding.answered_at for", "last = max(finding.asked_at for"
            ),
            Edit("campaign.look_up", "if self.asked_at - first.answered_at < grace:", "if False:"),
            Edit("campaign.look_up", "total_seconds() < grace - SLACK:", "total_seconds() < 0:"),
        ),
        ("outage",),
    ),
    _one(
        "the grace lies between two dates of the gateway",
        "campaign.look_up",
        "if (self.date - first.date).total_seconds() < grace - SLACK:",
        "if False:",
        *("hidden", "fast clock", "late", "reset", "killed"),
    ),
    _one(
        "the grace lies between two moments of this machine",
        "campaign.look_up",
        "if self.asked_at - first.answered_at < grace:",
        "if False:",
        *("hidden", "gateway clock jumps", "late", "reset", "killed"),
    ),
    _one(
        "a session that ends ends the look-up",
        "campaign.look_up",
        "if not history.complete or gateway.sessions != session:",
        "if not history.complete:",
    ),
    _one(
        "only a whole history proves something",
        "campaign.order_history",
        "return not self.hopeless and len(self.rows) == self._total and self._pages > 0",
        "return self._pages > 0",
    ),
    _one(
        "a history that shrinks proves nothing",
        "campaign.order_history",
        "shrunk = page.total is None or page.total < self._total",
        "shrunk = False",
        *(
            "other program",
            "cancelled elsewhere",
            "small pages",
            "journal lost",
            "older copy",
            "state blind",
            *LOSSES,
        ),
    ),
    _one(
        "a history without what was taken proves nothing",
        "campaign.look_up",
        "if not known.witnesses(since).isin(history.ids).all():",
        "if False:",
        *("forgets", "killed", "answer lost", "request lost", "broke"),
    ),
    _one(
        "an order that the history lists is not absent",
        "campaign.look_up",
        "if history.lists(batch.order_id):",
        "if False:",
        *("state blind", "killed", *LOSSES),
    ),
    _one(
        "what a person says is of what was unconfirmed then",
        "campaign.reconcile",
        "def add(self, *batches: Batch, meant: bool = False)",
        "def add(self, *batches: Batch, meant: bool = True)",
        *("person sends", "killed", "reset", "broke", "answer lost"),
    ),
    _one(
        "who may not be texted any more is not sent again",
        "campaign.reconcile",
        'if not among(people["phone"], self._phones).all():',
        "if False:",
        *("suppressed", "other people", "killed", "request lost"),
    ),
    _one(
        "an order that nobody is listed of is in doubt",
        "campaign.reconcile",
        "if finding.lists == 0 or (not finding.listed and may_lack(batch, charged)):",
        "if False:",
        "lost everybody",
    ),
    _one(
        "who may be left out is not accepted before it is asked (killed in between)",
        "campaign.engine",
        'missing=people["phone"] if accepted and may_lack(batch, reply.charged) else None,',
        "missing=None,",
        *("lost people", "killed"),
    ),
    # Caches.
    _one(
        "questions carry a value that no cache has seen",
        "gateway.cache_bypass",
        "{**params, UNSEEN: self.token()}",
        "params",
        *("deaf cache", "hidden", "reset"),
    ),
    _one(
        "questions forbid caches to answer",
        "gateway.cache_bypass",
        'HEADERS = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}',
        "HEADERS: dict[str, str] = {}",
        *("short cache", "hidden", "reset"),
    ),
    _one(
        "an answer with an age proves nothing",
        "gateway.cache_bypass",
        "if response.age > 0:",
        "if False:",
        "aged cache",
        "hidden",
        "reset",
    ),
    _one(
        "where the value is refused absence proves nothing",
        "campaign.look_up",
        "if not gateway.answers_itself:",
        "if False:",
        *("extra refused", "deaf cache", "hidden", "reset"),
    ),
    # The comparison.
    _one(
        "the history is compared before anything is sent",
        "campaign.dispatch",
        "if not (ask or adopt):",
        "if True:",
    ),
    _one(
        "planned here and listed there is unconfirmed",
        "campaign.history_check",
        'self.doubted = here["order_id"][~taken & here["people"].gt(0)]',
        'self.doubted = here["order_id"].iloc[:0]',
    ),
    _one(
        "refused here and listed there is taken over",
        "campaign.history_check",
        'gone = here["order_id"][~taken & here["people"].eq(0)]',
        'gone = here["order_id"].iloc[:0]',
    ),
    _one(
        "an order that is unknown here stops",
        "campaign.history_check",
        'self.unknown = listed[~_small(listed).isin(here["order_id"].str.lower())]',
        "self.unknown = listed.iloc[:0]",
    ),
    _one(
        "after a surprise the grace is waited",
        "campaign.history_check",
        "        patience.sleep(grace)\n",
        "        pass\n",
    ),
    _one(
        "an order taken over that is not whole holds everybody",
        "campaign.dispatch",
        "if registered.unlisted:",
        "if False:",
    ),
    Mutant(
        "the history is read before the journal",
        (Edit("campaign.history_check", f"{_HISTORY}{_LISTED}{_JOURNAL}", f"{_JOURNAL}{_HISTORY}{_LISTED}"),),
    ),
    # Caution.
    _one(
        "one order at a time until one is accepted",
        "campaign.engine",
        "return self._workers if self._accepted and not self._blind else 1",
        "return self._workers",
        "answer lost",
    ),
    _one(
        "nothing more after five answers without proof",
        "campaign.engine",
        "BLIND = 5\n",
        "BLIND = 500\n",
        *LOSSES,
    ),
    _one(
        "a time that has passed is never sent at once",
        "campaign.workers",
        "if late(batch, self._patience.clock.now()):",
        "if False:",
        *("schedule", "busy", "closed", "unreachable", "slow", "suspended"),
    ),
)
