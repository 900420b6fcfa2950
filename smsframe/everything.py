"""
What the front door opens onto when a public name is first used: all of them, with all that they need.

Pandera, SQLAlchemy, requests and the like take longer to load than pandas does. A notebook that imports
smsframe in its first cell does not wait for them there. (Errors cost nothing, and stand at the door.)
"""
# ruff: noqa: PLC0414 - "x as x" passes a name on to type checkers

from smsframe import cards as _cards  # noqa: F401 - importing gives plans and summaries their looks
from smsframe.afterwards import campaigns as campaigns
from smsframe.afterwards import failed as failed
from smsframe.afterwards import plot as plot
from smsframe.afterwards import refresh as refresh
from smsframe.afterwards import results as results
from smsframe.afterwards import summary as summary
from smsframe.afterwards import to_csv as to_csv
from smsframe.afterwards import withdraw as withdraw
from smsframe.background import Run as Run
from smsframe.beforehand import check as check
from smsframe.beforehand import normalize as normalize
from smsframe.beforehand import plan as plan
from smsframe.beforehand import read_contacts as read_contacts
from smsframe.beforehand import segments as segments
from smsframe.composing import compose as compose
from smsframe.gateway import Gateway as Gateway
from smsframe.journal import Journal as Journal
from smsframe.masking import reveal as reveal
from smsframe.planning import Plan as Plan
from smsframe.schema import CheckedSchema as CheckedSchema
from smsframe.schema import ContactsSchema as ContactsSchema
from smsframe.schema import PlannedSchema as PlannedSchema
from smsframe.schema import ResultsSchema as ResultsSchema
from smsframe.sending import resume as resume
from smsframe.sending import send as send
from smsframe.sending import start as start
from smsframe.summaries import Summary as Summary
from smsframe.watching import watch as watch

for _shown in (Plan, Summary):
    # A pickle names a class by its module: read in another process, this one brings the cards along.
    _shown.__module__ = "smsframe"
