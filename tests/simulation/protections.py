"""
The list of mutants: every protective line, and how it is taken out.
"""

from __future__ import annotations

from simulation.mutants import Edit, Mutant

LIVES = ("killed", "two at once", "suspended", "interrupted")
LOSSES = ("answer lost", "reset", "cut", "late", "request lost")

_HISTORY = "        self.history = _complete(gateway, entry, retry_policy, since)\n"
_LISTED = (
    "        ids = self.history.ids\n        begins = prefixes(campaign, gateway, *journals)\n"
    "        listed = self.history.orders[ids.str.startswith(begins).fillna(value=False)]\n"
)
_JOURNAL = "        known = journals[0].orders.of(campaign)\n"


def _one(name, module, old, new, *kinds, seeds=3_000, witness=""):
    return Mutant(name, (Edit(module, old, new),), kinds, seeds, witness)


MUTANTS = (
    # People who were erased.
    _one(
        "who was erased is not written down by a call that looked before",
        "journal.campaigns.registration",
        '            waiting = waiting[~self._forgotten.within(connection, waiting["phone"])]\n',
        "",
        witness="tests/integration/test_forget.py"
        "::test_somebody_who_is_erased_after_a_call_looked_is_not_written_down",
    ),
    _one(
        "who was erased is not written down when orders are taken over",
        "journal.campaigns.registration",
        "adopted = self._forgotten.separate(connection, entry.id, compared.adopted)",
        "adopted = compared.adopted.assign(erased=None)",
        witness="tests/integration/test_forget.py::test_orders_of_a_lost_journal_are_adopted_without_who_was_erased",
    ),
    _one(
        "without the key of the hashes nothing is sent",
        "journal.privacy.forgotten",
        "        if key is not None and wanted in (None, key.fingerprint):\n            return key\n",
        "        if key is not None:\n            return key\n",
        witness="tests/integration/test_forget.py::test_without_the_key_nothing_is_sent",
    ),
    _one(
        "the log of the file is emptied once somebody was erased",
        "journal.sqlite.cleaning",
        'busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()',
        "busy = 0",
        witness="tests/integration/test_forget.py"
        "::test_bytes_in_the_log_stay_while_somebody_reads_and_a_later_call_removes_them",
    ),
    _one(
        "the copies that upgrades have made go",
        "journal.sqlite.cleaning",
        "    left = _delete_copies(path)\n",
        "    left = []\n",
        witness="tests/integration/test_forget.py"
        "::test_campaigns_of_an_older_version_are_said_to_have_ids_without_salt",
    ),
    _one(
        "an order id tells nothing of a guessed number",
        "journal.campaigns.registration",
        '"salt": self._salt(),',
        '"salt": None,',
        witness="tests/integration/test_forget.py"
        "::test_the_id_of_an_order_of_one_person_tells_nothing_of_a_guessed_number",
    ),
    _one(
        "the name of a purged campaign is closed",
        "journal.privacy.purging",
        "    if entry.purged_at is not None:\n"
        "        raise CampaignChanged(\n"
        '            f"the numbers and texts of campaign {entry.name!r} were erased on '
        '{entry.purged_at:%Y-%m-%d} "\n'
        '            "(smsframe.purge), so nobody',
        "    if False:\n"
        "        raise CampaignChanged(\n"
        '            f"the numbers and texts of campaign {entry.name!r} were erased on '
        '{entry.purged_at:%Y-%m-%d} "\n'
        '            "(smsframe.purge), so nobody',
        witness="tests/integration/test_privacy.py"
        "::test_an_old_campaign_loses_its_people_and_texts_and_its_name_stays_closed",
    ),
    # Partitions.
    _one(
        "partitions with people in the hands of other workers are finished",
        "engines.dask_send",
        "                    if done and not left:",
        "                    if done:",
        witness="tests/integration/test_dask.py::test_whom_a_live_process_is_sending_to_is_waited_for",
    ),
    _one(
        "a repeated person stands in the first partition only",
        "planning.parts",
        "    repeated_at = np.flatnonzero(first != np.arange(len(ready)))",
        "    repeated_at = np.flatnonzero(first != first)",
        witness="tests/unit/test_parts.py::test_a_plan_of_parts_is_the_plan_of_the_whole",
    ),
    # Opt-outs.
    _one(
        "who has opted out is asked for before each request",
        "campaign.run.workers",
        '        if self._barred(order.people["phone"]):\n            raise _BarredError',
        "        pass",
        witness="tests/integration/test_optouts.py::test_whoever_opts_out_between_two_tries_of_one_request_is_not_in_the_second[sqlite]",
    ),
    _one(
        "what was read of the lists is not believed after a change",
        "campaign.rules.may_text",
        "if now == self._seen:",
        "if self._seen is not None:",
        witness="tests/integration/test_optouts.py::test_whoever_opts_out_while_a_campaign_is_sent_is_in_no_later_order[sqlite]",
    ),
    _one(
        "a plan is held against the lists again when it is sent",
        "campaign.reports.result_frames",
        "    frame = _barred_rows(plan.frame, waiting, barred)\n    if frame is plan.frame:",
        "    frame = plan.frame\n    if frame is plan.frame:",
        witness="tests/integration/test_optouts.py::test_a_plan_that_was_seen_is_not_sent_to_whoever_has_opted_out_since[sqlite]",
    ),
    _one(
        "what a call was told to suppress is kept",
        "campaign.send",
        "    journal.optouts.save_suppressed(entry, suppressed, valid_until(options.suppress))",
        "    pass",
        witness="tests/integration/test_optouts.py::test_what_a_call_was_told_to_suppress_the_next_one_knows[sqlite]",
    ),
    _one(
        "who is on the gateway's list is on ours",
        "journal.orders.deliveries",
        'self._opt_out(connection, said[said["delivery"].isin([*opted_out])])',
        "pass",
        witness="tests/integration/test_optouts.py::test_whoever_the_gateway_says_is_on_its_list_is_on_ours[sqlite]",
    ),
    Mutant(
        "the time of an order is looked at after the journal, immediately before the request",
        (
            Edit(
                "campaign.run.workers",
                "        if self._out_of_time(batch):\n            raise _TooLateError\n\n    def _out",
                "\n    def _out",
            ),
            Edit(
                "campaign.run.workers",
                '        if self._barred(order.people["phone"]):\n            raise _BarredError\n',
                "        if self._out_of_time(batch):\n            raise _TooLateError\n"
                '        if self._barred(order.people["phone"]):\n            raise _BarredError\n',
            ),
        ),
        ("schedule", "suspended"),
        5_000,
    ),
    # A journal in PostgreSQL.
    _one(
        "those that write to PostgreSQL exclude each other",
        "journal.postgres.transactions",
        'return f"SELECT pg_advisory_xact_lock({WRITER}, {number})"',
        'return "SELECT 1"',
        witness="tests/integration/test_postgres.py::test_writers_wait_for_each_other_and_lose_nothing",
    ),
    _one(
        "the lock of a run in PostgreSQL is that of a session of its own",
        "journal.postgres.run_locks",
        "self._store.connections.alone())",
        "self._store.connections.engine.raw_connection().driver_connection)",
        witness="tests/integration/test_postgres.py::test_a_process_that_is_suspended_is_alive",
    ),
    _one(
        "a run in PostgreSQL whose lock is gone is noticed",
        "journal.postgres.run_locks",
        'return bool(self._store.ask(HELD, {"high": high, "low": low}))',
        "return True",
        witness="tests/integration/test_postgres.py::test_a_run_that_loses_its_lock_sends_nothing_more",
    ),
    # Attempts.
    Mutant(
        "another attempt follows the order that is named (compare and swap)",
        (
            Edit(
                "journal.orders.attempts",
                '        is_among(batches.c.order_id, rows["order_id"].unique().tolist()),\n',
                "",
            ),
            Edit(
                "journal.orders.attempts",
                'pd.MultiIndex.from_frame(people[["person", "order_id"]]).isin(named)',
                'people["person"].isin(keys(rows["phone"]))',
            ),
        ),
        witness="tests/integration/test_witnesses.py"
        "::test_another_attempt_begins_only_after_the_order_that_is_named",
    ),
    _one(
        "only a failure that the gateway has just confirmed is sent again",
        "campaign.changes.resend",
        "    again = failed & may\n",
        "    again = latest & may\n",
        "not delivered",
        "sent again",
        seeds=1_000,
    ),
    # Budgets.
    Mutant(
        "what was sent before counts in the budget",
        (
            Edit(
                "journal.orders.batch_creation",
                "    spending = read_spending(connection, entry, budget)\n",
                "    spending = read_spending(connection, entry, budget)._replace(units=0)\n",
            ),
            Edit(
                "journal.orders.spending",
                "    spending = read_spending(connection, entry, budget, planned=False)\n",
                "    spending = read_spending(connection, entry, budget)._replace(units=0)\n",
            ),
        ),
        ("budget", "not delivered", "sent again", "killed"),
        300,
    ),
    _one(
        "the cost of an order that does not list everybody is computed again",
        "journal.orders.spending",
        "{key: cost for key, cost in found.items() if key[0] not in missing}",
        "found",
        witness="tests/integration/test_spending_kept.py"
        "::test_what_is_kept_of_costs_is_what_would_be_computed_again",
    ),
    _one(
        "what a person gave up counts in the budget",
        "journal.orders.spending",
        "(batches.c.state.not_in(gone) | given_up())",
        "batches.c.state.not_in(gone)",
        "budget",
        "person sends",
        *LOSSES,
        seeds=2_000,
    ),
    _one(
        "who is not listed counts in the budget where the charge is not known",
        "outcomes.costs",
        '    open_ = orders["charged"].isna().reindex(people["batch"]).to_numpy(dtype=bool)\n',
        "    open_ = np.zeros(len(people), dtype=bool)\n",
        "budget",
        "partial list",
        *LOSSES,
        seeds=2_000,
    ),
    _one(
        "an order is claimed only within the budget",
        "journal.orders.batches",
        "                if not covers(connection, entry, batch, people):\n",
        "                if False:\n",
        witness="tests/integration/test_money.py"
        "::test_what_was_charged_more_than_predicted_counts_and_the_budget_is_not_passed",
    ),
    # Cancelling.
    _one(
        "an absence after its time is no proof that it was cancelled",
        "campaign.changes.cancel_look_up",
        "if reason is None and not self._before_its_time(batch, finding):",
        "if False:",
        witness="tests/integration/test_cancel.py::test_an_absence_after_its_time_proves_nothing",
    ),
    _one(
        "without a yes an absence is no proof that it was cancelled",
        "orders.states",
        "(State.CANCEL_ASKED, Event.ABSENT):          Step(State.CANCEL_ASKED, Action.ASK_PERSON),",
        "(State.CANCEL_ASKED, Event.ABSENT):          Step(State.CANCELLED, Action.RECORD),",
        witness="tests/integration/test_cancel.py"
        "::test_cancelled_by_somebody_else_is_a_404_which_proves_nothing",
    ),
    _one(
        "a yes alone proves no cancellation",
        "orders.states",
        "(State.CANCEL_TAKEN, Event.STILL_SCHEDULED): Step(State.CANCEL_TAKEN, Action.ASK_PERSON),",
        "(State.CANCEL_TAKEN, Event.STILL_SCHEDULED): Step(State.CANCELLED, Action.RECORD),",
        witness="tests/integration/test_cancel.py::test_what_is_still_listed_as_scheduled_may_still_go_out",
    ),
    _one(
        "a 404 is no yes",
        "orders.cancellation",
        "case Answer(status=status, ok=True, page=False) if status == TAKEN:",
        "case Answer(status=status) if status in (TAKEN, 404):",
        witness="tests/integration/test_cancel.py"
        "::test_cancelled_by_somebody_else_is_a_404_which_proves_nothing",
    ),
    _one(
        "a claim whose process died may have asked",
        "orders.states",
        "(State.CANCELLING, Event.CANCEL_CLAIMED):    Step(State.CANCEL_ASKED, Action.DELETE),",
        "(State.CANCELLING, Event.CANCEL_CLAIMED):    Step(State.CANCELLING, Action.DELETE),",
        witness="tests/unit/test_life.py"
        "::test_a_claim_whose_process_died_may_have_asked_so_a_later_request_that_never_left_proves_nothing",
    ),
    _one(
        "an order is claimed for cancelling before it is asked for",
        "journal.orders.cancellations",
        'taken = {"owner": owner, "state": step.state,',
        'taken = {"owner": owner, "state": batch.state,',
        witness="tests/integration/test_cancel.py::test_a_yes_and_two_looks_that_do_not_find_it_are_proof",
    ),
    _one(
        "what is due within the grace is not asked for",
        "campaign.changes.cancel",
        "return at is None or at - latest <= self._grace",
        "return at is None",
        witness="tests/integration/test_cancel.py"
        "::test_what_is_due_within_the_grace_is_left_alone_and_it_is_said",
    ),
    _one(
        "of a partly sent order nobody but who is listed as sent is accepted",
        "orders.cancellation",
        "return Event.HAS_LEFT if len(left | never) == people and not waiting | unknown else Event.PART_LEFT",
        "return Event.HAS_LEFT",
        witness="tests/unit/test_life.py"
        "::test_every_list_of_states_of_two_people_proves_no_more_than_it_says",
    ),
    _one(
        "a person's word is about nothing but what was to be cancelled before",
        "campaign.changes.cancel",
        "        wanted = [batch for batch in wanted if batch.state in CANCEL_OPEN]\n",
        "        pass\n",
        witness="tests/integration/test_cancel.py"
        "::test_a_persons_word_is_about_nothing_but_what_was_to_be_cancelled_before",
    ),
    Mutant(
        "only what is proven cancelled is sent at another time",
        (
            Edit(
                "campaign.changes.reschedule",
                "    cancelled = _in(people, batches, State.CANCELLED) & people",
                "    cancelled = _in(people, batches, State.CANCELLED, *CANCEL_OPEN) & people",
            ),
            Edit(
                "campaign.changes.reschedule",
                "    there = ~(now.isna() | now.isin(never)).to_numpy()\n",
                "    there = np.zeros(len(people), dtype=bool)\n",
            ),
            Edit(
                "campaign.changes.reschedule",
                ": _in(people, batches, *CANCEL_OPEN),",
                ": np.zeros(len(people), dtype=bool),",
            ),
            Edit("journal.orders.attempts", "        batches.c.state == after,\n", ""),
        ),
        witness="tests/integration/test_cancel.py::test_what_is_not_proven_is_not_sent_again",
    ),
    _one(
        "another attempt after a cancelled one takes a cancelled order (compare and swap)",
        "journal.orders.attempts",
        "        batches.c.state == after,\n",
        "",
        witness="tests/integration/test_witnesses.py"
        "::test_another_attempt_at_another_time_follows_only_an_order_that_is_cancelled",
    ),
    _one(
        "whom the gateway lists after all is not texted at another time",
        "campaign.changes.reschedule",
        "    there = ~(now.isna() | now.isin(never)).to_numpy()\n",
        "    there = np.zeros(len(people), dtype=bool)\n",
        witness="tests/integration/test_cancel.py::test_whom_the_gateway_lists_after_all_is_not_texted",
    ),
    _one(
        "who is in an adopted order leaves the one that was cancelled",
        "journal.orders.batch_creation",
        "sa.or_(batches.c.state.in_(TAKEN), listed)",
        "sa.or_(batches.c.state == State.ACCEPTED, listed)",
        witness="tests/integration/test_cancel.py"
        "::test_an_older_copy_that_lacks_the_other_time_texts_nobody_again",
    ),
    # The journal.
    Mutant(
        "an order is claimed, on disk, before it leaves",
        (
            Edit("journal.orders.transitions", "values(state=State.SENDING", "values(state=State.PLANNED"),
            Edit(
                "journal.orders.transitions",
                '.where(*_OURS, batches.c.state == sa.bindparam("known"))',
                '.where(*_OURS, sa.bindparam("known") != "")',
            ),
        ),
    ),
    Mutant(
        "a claim is from one state and owner (compare and swap)",
        (
            Edit(
                "journal.orders.transitions",
                ".where(*_OURS, batches.c.state == State.PLANNED)",
                '.where(_OURS[0], sa.bindparam("order") != "", sa.bindparam("ours") != "")',
            ),
        ),
        witness="tests/integration/test_witnesses.py::test_an_order_is_claimed_once_and_by_its_owner_only",
    ),
    Mutant(
        "an order is not taken for another one that has its key by now",
        (
            Edit(
                "journal.orders.transitions",
                'batches.c.order_id == sa.bindparam("order")',
                'sa.bindparam("order") != ""',
            ),
            Edit(
                "journal.orders.batches",
                "(batches.c.id == batch.id) & (batches.c.order_id == batch.order_id)",
                "(batches.c.id == batch.id)",
            ),
        ),
        ("erased",),
        5_000,
    ),
    _one(
        "a record is from one state and owner (compare and swap)",
        "journal.orders.transitions",
        '.where(*_OURS, batches.c.state == sa.bindparam("known"))',
        '.where(_OURS[0], *(sa.bindparam(name) != "" for name in ("order", "ours", "known")))',
        witness="tests/integration/test_witnesses.py"
        "::test_what_became_of_an_order_is_written_by_its_owner_once",
    ),
    _one(
        "only dead owners' orders are taken over",
        "journal.orders.batches",
        "if not self._owners.alive(name)]",
        "]",
        *("two at once", "other people", *LOSSES),
    ),
    _one(
        "the lock is looked at before each order leaves",
        "campaign.run.workers",
        "if not self._held():",
        "if False:",
        "lock lost",
        "two at once",
        "busy",
    ),
    _one(
        "a run stops when its file is another (inode)",
        "journal.orders.batches",
        "return self._store.in_place and self._owners.alive(owner)",
        "return self._owners.alive(owner)",
        *("older copy in a run", "replaced", "deleted", "other people", "hidden", "suspended", "busy"),
    ),
    _one(
        "only who may be texted is cut into orders",
        "journal.orders.batches",
        '        free = free[among(free["phone"], phones)]\n',
        "",
        *("suppressed", "other people", "interrupted", "killed", "busy"),
    ),
    # Experiments.
    _one(
        "nobody who is held out is cut into an order",
        "journal.orders.batches",
        "recipients.c.batch.is_(None) & ~recipients.c.held_out",
        "recipients.c.batch.is_(None)",
        witness="tests/integration/test_experiments.py::test_no_call_texts_who_is_held_out",
    ),
    _one(
        "who is held out is not asked for as somebody who waits",
        "outcomes.join",
        ' & ~people["held_out"].to_numpy(dtype=bool)\n    return pd.Series(waits',
        "\n    return pd.Series(waits",
        witness="tests/integration/test_experiments.py::test_no_call_texts_who_is_held_out",
    ),
    Mutant(
        "a person who is held out gets no order, whoever writes one",
        (
            Edit(
                "journal.sqlite.people",
                "~there.held_out | given.batch.is_(None), same",
                "same",
            ),
            Edit(
                "journal.orders.batches",
                "recipients.c.batch.is_(None) & ~recipients.c.held_out",
                "recipients.c.batch.is_(None)",
            ),
            Edit("journal.tables", '"NOT held_out OR batch IS NULL"', '"1 = 1"'),
        ),
        ("held out", "killed", "other people"),
    ),
    _one(
        "who is held out is not withdrawn",
        "journal.journal",
        " & ~recipients.c.held_out",
        "",
        witness="tests/integration/test_experiments.py::test_no_call_texts_who_is_held_out",
    ),
    _one(
        "a variant never becomes another",
        "journal.campaigns.variants",
        '    return waiting[~differing(waiting, assigned)] if "variant" in waiting else waiting',
        "    return waiting",
        witness="tests/integration/test_experiments.py::"
        "test_a_plan_that_was_made_before_another_was_sent_does_not_change_variants",
    ),
    _one(
        "a call that would change variants is refused in the transaction that writes people",
        "journal.campaigns.variants",
        "    if given is not None and not stand and (people",
        "    if given is None and not stand and (people",
        witness="tests/integration/test_experiments.py::"
        "test_of_two_processes_that_assign_differently_the_second_is_refused",
    ),
    _one(
        "a campaign whose list of opt-outs has expired texts nobody",
        "campaign.preflight",
        "        until = context.journal.optouts.suppressed_until(entry)",
        "        until = None",
        witness="tests/integration/test_old_rules.py::"
        "test_a_campaign_whose_list_has_expired_goes_on_with_a_current_one_only",
    ),
    _one(
        "a stage of a ramp is decided in the transaction that cuts orders",
        "journal.campaigns.ramps",
        "    return free[~np.asarray(waits)], waiting",
        "    return free, waiting.iloc[:0]",
        witness="tests/integration/test_ramp.py::test_a_stage_is_sent_and_the_others_wait",
    ),
    _one(
        "only people without an order are withdrawn",
        "journal.journal",
        " & recipients.c.batch.is_(None)",
        "",
        witness="tests/integration/test_witnesses.py::test_whoever_has_an_order_by_now_is_not_withdrawn",
    ),
    _one(
        "whom an order lacks is written down",
        "journal.orders.transitions",
        "count_answer(connection, batch, step)\n    recipient_rows.mark(",
        "count_answer(connection, batch, step)\n    (lambda *_: None)(",
        *("lost people", "answer lost", "reset"),
    ),
    _one(
        "what is claimed is read back by another process",
        "journal.orders.batches",
        "            self._store.confirm(",
        "            (lambda *_: None)(",
        *("ghost file", "no history", "other people"),
    ),
    # What an answer proves.
    _one(
        "a refused order is asked for before it is split",
        "campaign.run.workers",
        "if not is_absent(self._gateway, batch, order.people, self._retry_policy):",
        "if False:",
        *("repeated id", "repeated", "said no", "skip refused"),
    ),
    _one(
        "an order that was said not to be taken is asked for before its people are cut again",
        "campaign.look_ups.history_check",
        "return order_ids[~np.array(absent, dtype=bool)]",
        "return order_ids[:0]",
        witness="tests/integration/test_comparison.py"
        "::test_an_order_that_was_taken_before_something_said_no_is_found_on_a_later_call",
    ),
    _one(
        "an order that was said not to be taken is asked for when its hours end meanwhile",
        "campaign.run.workers",
        "        if not (refused or given_up):\n",
        "        if not refused:\n",
        witness="tests/integration/test_hours_campaign.py"
        "::test_an_order_that_was_taken_before_something_said_no_is_found_when_its_hours_are_over",
    ),
    _one(
        "what can be taken back leaves while half of its time is left",
        "orders.deadlines",
        "else schedule - undo / 2",
        "else schedule",
        witness="tests/integration/test_undo.py"
        "::test_an_order_leaves_while_half_of_the_time_is_left_else_it_gets_another",
    ),
    _one(
        "whom the gateway refused is not sent to when the order was cancelled",
        "campaign.changes.reschedule",
        ' & people["refused"].isna().to_numpy()\n    begun',
        "\n    begun",
        witness="tests/integration/test_cancel.py"
        "::test_whom_the_gateway_refused_stays_refused_whatever_becomes_of_the_order",
    ),
    _one(
        "an order in doubt is looked up before it is cancelled",
        "campaign.changes.cancel",
        "    settle_scheduled(entry, context, stored.known, named)\n",
        "",
        witness="tests/integration/test_undo.py"
        "::test_who_cancels_what_is_in_doubt_has_it_looked_up_first_and_sends_nobody_anything",
    ),
    _one(
        "stopping takes back only what the same call has sent",
        "campaign.changes.undo",
        "attempts.gt(self._before.reindex(attempts.index, fill_value=0))",
        "attempts.gt(0)",
        witness="tests/integration/test_undo.py::test_stopping_takes_back_nothing_that_was_sent_before",
    ),
    _one(
        "a 404 that may be a proxy's does not make a refusal one",
        "campaign.look_ups.look_up",
        "if finding.event is not Event.ABSENT or finding.own:",
        "if True:",
        *("repeated id", "repeated", "said no", "wrong address"),
        seeds=9_000,
    ),
    _one(
        "whom an adopted order lists leaves the orders in doubt",
        "journal.campaigns.registration",
        "            self._batches.free_texted_elsewhere(",
        "            (lambda *_: None)(",
        *("repeated id", "two at once", "killed", "older copy", "other people", "schedule", "suppressed"),
    ),
    _one(
        "a redirection proves nothing",
        "orders.answers",
        "frozenset({307, 308, 403, 404})",
        "frozenset({301, 302, 303, 307, 308, 403, 404})",
        *("redirected", "killed"),
    ),
    _one(
        "a busy page proves nothing",
        "orders.answers",
        "retry_after=True, page=False)",
        "retry_after=True)",
        *("page", "killed"),
    ),
    _one(
        "a broken gateway proves nothing",
        "orders.answers",
        "frozenset({413, 415, 429})",
        "frozenset({413, 415, 429, 500, 502, 504})",
        *("broke", "killed"),
    ),
    _one(
        "half an answer proves nothing",
        "orders.answers",
        "case Answer(status=status, ok=True) if status in proves.accepted:",
        "case Answer(status=status) if status in proves.accepted:",
    ),
    _one(
        "no answer proves nothing",
        "orders.answers",
        "case Answer(status=None, connected=False):",
        "case Answer(status=None):",
    ),
    _one(
        "refused in doubt is never split",
        "orders.states",
        "(State.SENDING, Event.REFUSED):            Step(State.UNCONFIRMED, Action.LOOK_UP, Doubt.REFUSED),",
        "",
        witness="tests/integration/test_resume.py::test_a_refusal_after_a_lost_answer_proves_nothing",
    ),
    _one(
        "given up in doubt stays in doubt",
        "orders.states",
        "    (State.SENDING, Event.GAVE_UP):            Step(State.UNCONFIRMED, Action.STOP),\n",
        "",
        witness="tests/unit/test_life.py::test_a_batch_in_doubt_never_counts_as_not_sent",
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
                "campaign.look_ups.reconcile",
                "            settled = self._record(batch, people, finding)\n"
                "            if finding.event is Event.ABSENT:",
                "            gone = finding.event is Event.ABSENT\n"
                "            finding = replace(finding, event=Event.ABSENT_TWICE) if gone else finding\n"
                "            settled = self._record(batch, people, finding)\n            if False:",
            ),
        ),
        ("hidden", *LOSSES, *LIVES),
    ),
    Mutant(
        "the grace is waited",
        (
            Edit(
                "campaign.look_ups.reconcile",
                "self._retry_policy.sleep("
                "max(0.0, self._grace - (self._retry_policy.clock.monotonic() - last)))",
                "pass",
            ),
            Edit(
                "campaign.look_ups.reconcile",
                "if reason := finding.proves_with(first, self._grace):",
                "if reason := None:",
            ),
        ),
        ("hidden", *LOSSES, *LIVES),
    ),
    Mutant(
        "the grace counts from the answer",
        (
            Edit(
                "campaign.look_ups.reconcile",
                "last = max(finding.answered_at for",
                "last = max(finding.asked_at for",
            ),
            Edit("campaign.look_ups.look_up", "if self.asked_at - first.answered_at < grace:", "if False:"),
            Edit(
                "campaign.look_ups.look_up",
                "total_seconds() < grace - CLOCK_TOLERANCE:",
                "total_seconds() < 0:",
            ),
        ),
        ("outage",),
    ),
    _one(
        "the grace lies between two dates of the gateway",
        "campaign.look_ups.look_up",
        "if (self.date - first.date).total_seconds() < grace - CLOCK_TOLERANCE:",
        "if False:",
        *("hidden", "fast clock", "late", "reset", "killed"),
    ),
    _one(
        "the grace lies between two moments of this machine",
        "campaign.look_ups.look_up",
        "if self.asked_at - first.answered_at < grace:",
        "if False:",
        witness="tests/integration/test_witnesses.py"
        "::test_a_second_absence_that_this_machine_asks_for_too_soon_is_no_proof",
    ),
    _one(
        "a session that ends ends the look-up",
        "campaign.look_ups.look_up",
        "if not history.complete or gateway.sessions != session:",
        "if not history.complete:",
        witness="tests/integration/test_gateway.py::test_a_look_up_finds_what_is_proven_and_nothing_more",
    ),
    _one(
        "only a whole history proves something",
        "gateway.paging",
        "if self.pages > 0 and (self._stable or len(self.rows) == self.total):",
        "if self.pages > 0:",
    ),
    _one(
        "a history that shrinks proves nothing",
        "gateway.paging",
        "elif page.total < self.total:",
        "elif False:",
        witness="tests/integration/test_gateway.py::test_a_history_that_does_not_add_up_is_not_complete",
    ),
    _one(
        "a history without what was taken proves nothing",
        "campaign.look_ups.look_up",
        "if not known.witnesses(since).isin(history.ids).all():",
        "if False:",
        witness="tests/integration/test_promise.py"
        "::test_a_gateway_that_was_restarted_and_forgot_its_orders_proves_nothing",
    ),
    _one(
        "an order that the history lists is not absent",
        "campaign.look_ups.look_up",
        "if history.lists(batch.order_id):",
        "if False:",
        *("state blind", "killed", *LOSSES),
    ),
    _one(
        "what a person says is of what was unconfirmed then",
        "campaign.look_ups.reconcile",
        "covered: bool = False, taken_over",
        "covered: bool = True, taken_over",
        *("person sends", "killed", "reset", "broke", "answer lost"),
    ),
    _one(
        "who may not be texted any more is not sent again",
        "campaign.look_ups.reconcile",
        'if len(self._may_text.of(people["phone"])) < len(people):',
        "if False:",
        *("suppressed", "other people", "killed", "request lost"),
    ),
    _one(
        "an order that nobody is listed of is in doubt",
        "campaign.look_ups.reconcile",
        "if finding.lists == 0 or (not finding.listed and may_lack(batch, charged)):",
        "if False:",
        "lost everybody",
    ),
    _one(
        "who may be left out is not accepted before it is asked (killed in between)",
        "campaign.look_ups.reconcile",
        'missing=people["phone"] if accepted and may_lack(batch, reply.charged) else None,',
        "missing=None,",
        *("lost people", "killed"),
    ),
    # Caches.
    _one(
        "questions carry a value that no cache has seen",
        "gateway.cache_bypass",
        "{**params, CACHE_BUSTER: self.token()}",
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
        "campaign.look_ups.look_up",
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
        "campaign.look_ups.history_check",
        'self.doubted = here["order_id"][~taken & here["people"].gt(0)]',
        'self.doubted = here["order_id"].iloc[:0]',
    ),
    _one(
        "refused here and listed there is taken over",
        "campaign.look_ups.history_check",
        'without_people = here["order_id"][~taken & here["people"].eq(0)]',
        'without_people = here["order_id"].iloc[:0]',
        witness="tests/integration/test_witnesses.py"
        "::test_an_order_that_was_refused_here_and_is_listed_there_texts_nobody_again",
    ),
    _one(
        "an order that is unknown here stops",
        "campaign.look_ups.history_check",
        'self.unknown = listed[~_lowercase(listed).isin(here["order_id"].str.lower())]',
        "self.unknown = listed.iloc[:0]",
    ),
    _one(
        "after a surprise the grace is waited",
        "campaign.look_ups.history_check",
        "        retry_policy.sleep(grace)\n",
        "        pass\n",
        witness="tests/integration/test_witnesses.py::test_after_a_surprise_the_latest_orders_are_waited_for",
    ),
    _one(
        "an order taken over that is not whole holds everybody",
        "campaign.dispatch",
        "if registered.unlisted:",
        "if False:",
        witness="tests/integration/test_comparison.py"
        "::test_an_adopted_order_that_lists_half_of_its_people_holds_everybody_else",
    ),
    Mutant(
        "the history is read before the journal",
        (
            Edit(
                "campaign.look_ups.history_check",
                f"{_HISTORY}{_LISTED}{_JOURNAL}",
                f"{_JOURNAL}{_HISTORY}{_LISTED}",
            ),
        ),
    ),
    # Caution.
    _one(
        "one order at a time until one is accepted",
        "campaign.run.engine",
        "return self._workers if self._accepted and not self._unproven else 1",
        "return self._workers",
        "answer lost",
    ),
    _one(
        "nothing more after five answers without proof",
        "journal.orders.shared_limits",
        "MOST_UNPROVEN = 5\n",
        "MOST_UNPROVEN = 500\n",
        witness="tests/integration/test_promise.py"
        "::test_after_five_answers_without_proof_nothing_more_is_sent_and_none_found_it_stops",
    ),
    _one(
        "a time that has passed is never sent at once",
        "campaign.run.workers",
        "if self._out_of_time(batch):",
        "if False:",
        *("schedule", "busy", "closed", "unreachable", "slow", "suspended"),
    ),
    _one(
        "an order leaves only within the hours of its people",
        "orders.deadlines",
        "for moment in (last, batch.closes_at) if moment is not None]",
        "for moment in (last,) if moment is not None]",
        *("hours", "busy", "closed", "unreachable", "slow", "suspended", "killed", "answer lost"),
    ),
    _one(
        "an order that is repeated keeps to the hours of the call",
        "campaign.look_ups.reconcile",
        "if not same_hours(batch, self._entry):",
        "if False:",
        *("hours", "killed", "answer lost", "request lost", "cut"),
    ),
)
