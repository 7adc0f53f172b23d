"""The contract of a workflow: what an edition's body may hold. Structure only; meaning is checked in ``checking``.

A workflow is states and the ways between them. Ways are steps that people take (``Transition``), decisions of an
approval that a state stands for (``State.approval``), or steps the machine takes (``by_itself``, ``after_child``).
Every text a person reads is per language, every id a fixed key that cases keep for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from forms.schema import Category as FormCategory
from forms.schema import FieldDefinition, FormDefinition, Group, PageDefinition
from foundation.editions.texts import LocalizedText

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
RoleKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
FormKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
LedgerKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,19}$")]
Expression = Annotated[str, StringConstraints(max_length=2000)]

Category = Literal["open", "waiting", "final"]
Verb = Literal["hand_over", "send_back", "add_signer", "copy"]
VERBS: tuple[Verb, ...] = ("hand_over", "send_back", "add_signer", "copy")

KEPT_WORDS = frozenset(
    {
        *("opened", "agreed", "refused", "handed_over", "sent_back", "withdrawn", "reminded", "signer_added"),
        *(
            "copied",
            "passed",
            "asked_again",
            "linked",
            "unlinked",
            "merged",
            "split",
            "migrated",
            "restored",
            *("child_dropped", "corrected", "erased"),
            *("posted", "reversed", "reconciled"),
            "given_on",
        ),
    }
)
"""What the machine itself calls events; no step may be called so."""


class Part(BaseModel):
    """Base of every part: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Notice(Part):
    """What is told after the step to those who hold ``roles`` towards the case.

    ``{case.number}`` and its like stand for fields of the case: ``workflows.notices.CASE_FIELDS``.
    """

    roles: tuple[RoleKey, ...] = Field(min_length=1)
    subject: LocalizedText
    text: LocalizedText


class Approval(Part):
    """What makes a state a stage of an approval: people are asked, and their decisions move the case.

    ``roles``: any of them suffices to be asked; the person whose matter it is never is (four eyes).
    ``rule``: *any* — the first decision counts (或签); *all* — everybody agrees, one refusal refuses (会签);
    *ratio* — ``percent`` of those asked agree, and it is refused once they cannot be reached any more.
    ``order``: everybody at once, or one after the other in the order of roles and names.
    ``when``: yes/no over the names of the workflow; where it does not hold the stage is passed over, on record.
    ``repeated``: *skip* — whoever agreed in the stage directly before, to the same content, is not asked again, on
    record; *ask* — they are.
    ``own_matter``: where those asked are only whose matter it is, the case *waits* until somebody else holds the role,
    or the stage is passed over, on record (*pass*): the head of a department need not sign their own request.
    ``agreed``, ``refused``: the states decisions lead to; without ``refused`` nobody can refuse, only send back.
    ``returns_to``: states the case can be sent back to besides the approvals it has passed. ``withdraws_to``: where
    it goes when the person whose matter it is takes it back, ``withdraw`` until when they may.
    ``asks``: questions to whoever agrees. ``remind_hours``: at most one reminder in so many hours.
    """

    roles: tuple[RoleKey, ...] = Field(min_length=1)
    rule: Literal["any", "all", "ratio"] = "any"
    percent: int = Field(default=100, ge=1, le=100)
    order: Literal["parallel", "sequential"] = "parallel"
    when: Expression = ""
    repeated: Literal["skip", "ask"] = "skip"
    own_matter: Literal["wait", "pass"] = "wait"
    agreed: Key
    refused: Key | None = None
    returns_to: tuple[Key, ...] = ()
    withdraws_to: Key | None = None
    withdraw: Literal["before_decisions", "always"] = "before_decisions"
    verbs: tuple[Verb, ...] = VERBS
    asks: tuple[FieldDefinition, ...] = ()
    instruction: LocalizedText | None = None
    remind_hours: int = Field(default=4, ge=1, le=720)
    notices: tuple[Notice, ...] = ()


class State(Part):
    """Where a case can stand.

    ``category``: *open* — somebody in the house must act; *waiting* — we wait for somebody; *final* — nothing is left
    to do. ``public`` is the word the customer may hear, when it differs from the title. ``blocked_by``: workflows
    whose child cases must be closed before people can leave the state.
    """

    id: Key
    title: LocalizedText
    category: Category
    initial: bool = False
    public: LocalizedText | None = None
    approval: Approval | None = None
    blocked_by: tuple[Key, ...] = ()


class Assignment(Part):
    """Who has the case after a step; the reasons are kept with the case.

    *choose*: the acting person picks one of those who hold one of ``roles``; *keep*: nothing changes; *clear*: nobody;
    *actor*: who takes the step; *submitter*: whose matter it is; *field*: the person a field names (the known
    adviser), by ``otherwise`` when there is none or they are absent; *turn*: of those who hold ``roles`` the one whose
    last turn is longest ago; *load*: the one with the fewest open cases.
    ``skill`` names a field; ``skills`` maps its answers to a role besides. ``by_skill``: *must* — only those who hold
    it come into question, and only they are balanced; *prefer* — balanced first: of those whose turn, or load, is the
    same, whoever holds it comes first.
    """

    mode: Literal["choose", "keep", "clear", "actor", "submitter", "field", "turn", "load"] = "keep"
    roles: tuple[RoleKey, ...] = ()
    field: Key | None = None
    otherwise: Literal["choose", "turn", "load", "refuse"] = "refuse"
    skill: Key | None = None
    skills: dict[str, RoleKey] = Field(default_factory=dict)
    by_skill: Literal["must", "prefer"] = "must"


THIS_SUBMISSION = "this_submission"
"""In ``Opening.fills``: the submission that opened the case, as an answer to a look-up."""


class Opening(Part):
    """A child case that a step opens: of ``workflow``, from a submission of its form.

    ``fills``: by field of the child's form, the field or question of this workflow it takes its answer from; ``sets``:
    stored answers by field; ``this_submission`` stands for the row of the register this case was opened from, where the
    child's form looks one up. ``at_once``: opened with the step from these alone; otherwise somebody is led to the
    form, begun with them: whoever took the step, or with ``to`` whoever holds one of these roles towards this case.
    They are told, and it waits in their inbox; where the state is ``blocked_by`` the workflow, people stay in it until
    then.
    """

    workflow: Key
    to: tuple[RoleKey, ...] = ()
    fills: dict[Key, Key] = Field(default_factory=dict)
    sets: dict[Key, Any] = Field(default_factory=dict)
    at_once: bool = False
    when: Expression = ""


class AfterChild(Part):
    """The machine takes the step when a child case of ``workflow`` is closed.

    ``states``: only when it ended in one of these. ``join``: *each* — at each child; *all* — when no child of that
    workflow is open any more.
    """

    workflow: Key
    states: tuple[Key, ...] = ()
    join: Literal["each", "all"] = "all"


class Transition(Part):
    """A step: its name is a verb.

    ``guard`` is an expression over the names of the workflow, true when the step is allowed; ``guard_message`` says
    what to do when it is not. ``asks`` are the questions answered with the step. ``weight`` orders the buttons (the
    smallest is the primary action); ``confirm`` says what will happen, for steps that matter. ``not_by``: steps whose
    last actor may not take this one (a second call is somebody else's). ``by_itself``: the machine takes the step as
    soon as its guard holds. ``roles`` may be empty where only the machine takes it. ``despite_children``: can be taken
    while child cases keep people in the state; steps that do not leave it always can.
    """

    id: Key
    title: LocalizedText
    source: tuple[Key, ...] = Field(min_length=1)
    target: Key
    roles: tuple[RoleKey, ...] = ()
    guard: Expression = ""
    guard_message: LocalizedText | None = None
    asks: tuple[FieldDefinition, ...] = ()
    reason_required: bool = False
    confirm: LocalizedText | None = None
    not_by: tuple[Key, ...] = ()
    by_itself: bool = False
    despite_children: bool = False
    after_child: AfterChild | None = None
    opens: tuple[Opening, ...] = ()
    assignment: Assignment = Assignment()
    notices: tuple[Notice, ...] = ()
    weight: int = 100


class Identity(Part):
    """What tells that two cases are about the same: equal answers to ``fields`` (all of them), however written.

    Phones, plates, VINs and names are compared as their kinds write them. ``days``: cases opened so long before count.
    ``warns``: people are shown earlier cases before they submit. Expressions know the number of earlier cases as
    ``earlier_<id>``.
    """

    id: Key
    title: LocalizedText
    fields: tuple[Key, ...] = Field(min_length=1)
    days: int = Field(default=365, ge=1, le=3660)
    warns: bool = True


class Grade(Part):
    """How grave a case is: the first grade whose ``when`` holds; one without ``when`` always does."""

    id: Key
    title: LocalizedText
    when: Expression = ""
    tone: Literal["quiet", "notice", "warning", "danger"] = "quiet"


Unit = Literal["working_minutes", "working_hours", "working_days", "minutes", "hours", "days"]
LengthUnit = Literal["working_minutes", "working_hours", "minutes", "hours", "days"]


class ClockTarget(Part):
    """When a clock is due: after ``amount`` of ``unit``, or at the day or time an answer promises, so much later.

    ``working_…`` counts the hours of the clock's calendar. *working_days*: the closing time of the day that comes so
    many working days after the one on which the clock began; 0 is that day itself. *days* are 24 hours each.
    ``answer`` names a field of the form or a question of a step; a day lasts until the calendar closes on it, without
    a calendar until midnight; ``amount`` may then be less than nothing (the evening before). ``when``: yes/no over the
    names of the workflow; the first target that holds counts.
    """

    when: Expression = ""
    amount: int = Field(default=0, ge=-10_000, le=10_000)
    unit: Unit = "working_hours"
    answer: Key | None = None


class ClockWarning(Part):
    """Who is told when ``percent`` of the time has run. ``towards``: whose line manager and department head relation
    roles mean, those of whoever has the case or of whoever submitted it.
    """

    percent: int = Field(default=75, ge=1, le=99)
    roles: tuple[RoleKey, ...] = ()
    towards: Literal["assignee", "submitter"] = "assignee"


class ClockEscalation(Part):
    """Who is told when the clock has been over for so long."""

    amount: int = Field(default=1, ge=1, le=10_000)
    unit: LengthUnit = "working_hours"
    roles: tuple[RoleKey, ...] = ()
    towards: Literal["assignee", "submitter"] = "assignee"


class ClockRepeat(Part):
    """How often whoever was told that the clock is over is told again, and how many times at most."""

    amount: int = Field(default=1, ge=1, le=10_000)
    unit: LengthUnit = "days"
    most: int = Field(default=5, ge=1, le=100)


class ClockDue(Part):
    """What happens when the time is over: who is told, in turn higher up, again and again; and which step the machine
    takes.
    """

    roles: tuple[RoleKey, ...] = ()
    towards: Literal["assignee", "submitter"] = "assignee"
    escalations: tuple[ClockEscalation, ...] = ()
    again: ClockRepeat | None = None
    takes: Key | None = None


class ClockPromise(Part):
    """What makes a clock a promise: as often as it begins by an answer, that day or time has been promised.

    ``to_answer``: the field or question that says to whom, ``to_words`` fixed words in its place ("the customer"), and
    for whoever may not read the answer. ``what``: what is promised, without it the title of the clock. ``by``: who
    stands for it — whoever takes the step (*actor*), whoever has the case after it (*assignee*), or somebody from
    outside, whom ``by_answer`` names (*outsider*: then it is promised to the house). ``kept``: which of the states that
    stop the clock keep it; none: all of them.
    """

    what: LocalizedText | None = None
    to_answer: Key | None = None
    to_words: LocalizedText | None = None
    by: Literal["assignee", "actor", "outsider"] = "assignee"
    by_answer: Key | None = None
    kept: tuple[Key, ...] = ()


class Clock(Part):
    """A time limit of a case. ``kind``: for a first *response*, for the *solution*, or one of their *own*.

    ``begins``: states in which it starts, when a case comes to one from elsewhere; ``ends``: states that stop it, kept
    when they are reached in time, broken otherwise; a case that ends stops all its clocks. ``pauses``: states in which
    it stands still. ``restarts``: steps with which it begins anew (a new promise). ``calendar``: whose working hours
    count. ``promise``: its time was promised to somebody.
    """

    id: Key
    title: LocalizedText
    kind: Literal["response", "solution", "own"] = "solution"
    begins: tuple[Key, ...] = ()
    ends: tuple[Key, ...] = ()
    pauses: tuple[Key, ...] = ()
    restarts: tuple[Key, ...] = ()
    calendar: RoleKey | None = None
    targets: tuple[ClockTarget, ...] = ()
    warnings: tuple[ClockWarning, ...] = ()
    due: ClockDue = ClockDue()
    promise: ClockPromise | None = None


class TrialStep(Part):
    """One thing done in a trial."""

    step: Key
    by: str = ""
    typed: dict[str, str | list[str]] = Field(default_factory=dict)


class Trial(Part):
    """A row of the test table: these answers, handed in by this person, must take this way.

    ``typed``: texts by field of the form, as a person types them (``today`` and ``today+3`` for days); ``submitter``: a
    position code or a username; ``steps``: what is done, one after the other — a step's id, or ``agree``, ``refuse`` —
    with the texts of its questions. ``path``: the states the case comes through; ``approvers``: by state, the position
    codes or usernames of those asked; ``grade``: its grade at the end.
    """

    id: Key
    title: LocalizedText
    typed: dict[str, str | list[str]] = Field(default_factory=dict)
    submitter: str
    steps: tuple[TrialStep, ...] = ()
    path: tuple[Key, ...] = ()
    approvers: dict[Key, tuple[str, ...]] = Field(default_factory=dict)
    grade: Key | None = None


class Access(Part):
    """Who sees a case of this workflow, by role (relation roles such as ``submitter`` included).

    Besides them, whoever is asked for a decision, has decided, or was copied in sees it. ``reassigns``: who may give
    what waits for one person to another; ``relates``: who may link, merge and split cases.
    """

    sees: tuple[RoleKey, ...] = Field(min_length=1)
    reassigns: tuple[RoleKey, ...] = ()
    relates: tuple[RoleKey, ...] = ()


class EntryKind(Part):
    """What an entry of the ledger can be: claimed, approved, received, a difference, written off.

    ``balance``: what it does to the open balance — *adds* to what the payer owes, *takes* from it, or only *notes* an
    amount. ``by_hand``: roles that may post one without a step.
    """

    id: LedgerKey
    title: LocalizedText
    balance: Literal["adds", "takes", "notes"]
    by_hand: tuple[RoleKey, ...] = ()


class Posting(Part):
    """An entry that a step posts, in the transaction of the step.

    ``amount``: an amount of money over the names of the workflow; where it is open or zero, or ``when`` does not hold,
    nothing is posted. ``dated``: the field or question with the day it counts from, without one the day of the step.
    ``reference``: the field or question with the payer's or the bank's own mark.
    """

    step: Key
    kind: LedgerKey
    amount: Expression = Field(min_length=1)
    when: Expression = ""
    dated: Key | None = None
    reference: Key | None = None


BALANCE = "ledger_balance"
"""The name under which expressions know the open balance of a case."""


def total_name(kind: str) -> str:
    """Return the name under which expressions know what the entries of a kind come to."""
    return f"ledger_{kind}"


CASE_NUMBER = "case_number"
"""In ``PayerKey.field``: the number of the case itself."""
BY_AMOUNT = "amount"
"""In ``MatchRule.keys``: the line's amount is the open balance of the case."""


class PayerKey(Part):
    """A mark by which lines of a payer's list are known: the claim's number, the VIN.

    ``headings``: what the column is called in lists; ``field``: the field or question of the case that holds the mark.
    """

    id: Key
    title: LocalizedText
    headings: tuple[str, ...] = Field(min_length=1)
    field: Key


class MatchRule(Part):
    """A line belongs to the one case in which all ``keys`` are the same; ``amount`` is the open balance."""

    keys: tuple[Key, ...] = Field(min_length=1)


class PayerList(Part):
    """How the list a payer sends is read, matched, and posted.

    ``posts``: the kind of entry of a line. The headings say what the columns of amount, currency, day and reference are
    called. A line whose column of currencies names another one than the ledger's is not posted.
    ``matches``: tried in this order, until one finds exactly one case. ``less``, ``more``: whether a line that pays
    less or more than is open is posted as it is, or left for people. ``roles``: who imports lists.
    """

    posts: LedgerKey
    keys: tuple[PayerKey, ...] = Field(min_length=1)
    amount_headings: tuple[str, ...] = Field(min_length=1)
    currency_headings: tuple[str, ...] = ("币种", "币别", "货币", "Currency")
    day_headings: tuple[str, ...] = ()
    reference_headings: tuple[str, ...] = ()
    matches: tuple[MatchRule, ...] = Field(min_length=1)
    less: Literal["post", "leave"] = "post"
    more: Literal["post", "leave"] = "leave"
    roles: tuple[RoleKey, ...] = Field(min_length=1)


class Ledger(Part):
    """The money of a workflow's cases: entries that are only added, never changed.

    ``payer``: the field or question that says who owes. ``sees``: who sees the ledger as a whole; whoever sees a case
    sees its entries. ``reverses``: who may take an entry back by another one; ``closes``: who closes months.
    Expressions know the open balance as ``ledger_balance`` and what each kind comes to as ``ledger_<kind>``.
    """

    title: LocalizedText
    currency: Literal["CNY", "USD", "EUR", "HKD", "GBP", "JPY"] = "CNY"
    payer: Key | None = None
    kinds: tuple[EntryKind, ...] = Field(min_length=1)
    postings: tuple[Posting, ...] = ()
    sees: tuple[RoleKey, ...] = Field(min_length=1)
    reverses: tuple[RoleKey, ...] = ()
    closes: tuple[RoleKey, ...] = ()
    payer_list: PayerList | None = None

    def kind(self, kind_id: str) -> EntryKind | None:
        """Return the kind of entry called ``kind_id``, or None."""
        return next((kind for kind in self.kinds if kind.id == kind_id), None)


class WorkflowDefinition(Part):
    """One workflow. ``form`` is the key of the form whose submission opens a case; ``numbering`` makes case numbers
    (``{year}`` and ``{seq:05}``); without it a case goes by the number of its submission. ``subject`` names the
    fields whose answers make the line a case is known by. ``merged`` is the state of a case merged into another."""

    schema_version: Literal[1] = 1
    key: Key
    title: LocalizedText
    description: LocalizedText | None = None
    form: FormKey
    numbering: str | None = Field(default=None, pattern=r"^[A-Z]{1,6}-\{year\}-\{seq:0[3-9]\}$")
    subject: tuple[Key, ...] = Field(min_length=1)
    states: tuple[State, ...] = Field(min_length=2)
    transitions: tuple[Transition, ...] = ()
    identities: tuple[Identity, ...] = ()
    grades: tuple[Grade, ...] = ()
    clocks: tuple[Clock, ...] = ()
    merged: Key | None = None
    access: Access
    ledger: Ledger | None = None
    trials: tuple[Trial, ...] = ()

    def state(self, state_id: str) -> State:
        """Return the state called ``state_id``; KeyError when there is none."""
        for state in self.states:
            if state.id == state_id:
                return state
        raise KeyError(state_id)

    @property
    def initial(self) -> State:
        """Return the state a new case stands in."""
        return next(state for state in self.states if state.initial)

    def roles(self) -> frozenset[str]:
        """Return every role the definition names."""
        return frozenset(role for _path, roles in self.roles_by_place() for role in roles)

    def notices_by_place(self) -> list[tuple[str, tuple[Notice, ...]]]:
        """Return where notices stand, by the path of the place, and which."""
        approvals = [(state.id, state.approval) for state in self.states if state.approval is not None]
        return [
            *((f"states.{state}.approval.notices", approval.notices) for state, approval in approvals),
            *((f"transitions.{step.id}.notices", step.notices) for step in self.transitions),
        ]

    def roles_by_place(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return where roles stand, by the path of the place, and which."""
        places: list[tuple[str, tuple[str, ...]]] = [
            (f"access.{name}", getattr(self.access, name)) for name in ("sees", "reassigns", "relates")
        ]
        if self.ledger is not None:
            places += [
                (f"ledger.{name}", getattr(self.ledger, name)) for name in ("sees", "reverses", "closes")
            ]
            places += [(f"ledger.kinds.{kind.id}.by_hand", kind.by_hand) for kind in self.ledger.kinds]
            if self.ledger.payer_list is not None:
                places.append(("ledger.payer_list.roles", self.ledger.payer_list.roles))
        for state in self.states:
            if state.approval is not None:
                place = f"states.{state.id}.approval"
                places.append((f"{place}.roles", state.approval.roles))
                places += [
                    (f"{place}.notices.{at}.roles", notice.roles)
                    for at, notice in enumerate(state.approval.notices)
                ]
        for step in self.transitions:
            place = f"transitions.{step.id}"
            places.append((f"{place}.roles", step.roles))
            places.append((f"{place}.assignment.roles", step.assignment.roles))
            places.append((f"{place}.assignment.skills", tuple(step.assignment.skills.values())))
            places += [(f"{place}.notices.{at}.roles", one.roles) for at, one in enumerate(step.notices)]
            places += [(f"{place}.opens.{at}.to", opening.to) for at, opening in enumerate(step.opens)]
        for clock in self.clocks:
            place = f"clocks.{clock.id}"
            places += [(f"{place}.warnings.{at}.roles", one.roles) for at, one in enumerate(clock.warnings)]
            places.append((f"{place}.due.roles", clock.due.roles))
            places += [
                (f"{place}.due.escalations.{at}.roles", one.roles)
                for at, one in enumerate(clock.due.escalations)
            ]
        places += [
            (f"{place}.asks.{question.id}.readers", tuple(question.readers))
            for place, questions in self.askers()
            for question in questions
        ]
        return places

    def taken_by_clocks(self) -> frozenset[str]:
        """Return the steps the machine takes when a clock is over."""
        return frozenset(clock.due.takes for clock in self.clocks if clock.due.takes)

    def askers(self) -> list[tuple[str, tuple[FieldDefinition, ...]]]:
        """Return where questions are asked, by the path of the place, and which."""
        places = [(f"transitions.{step.id}", step.asks) for step in self.transitions]
        return places + [
            (f"states.{state.id}.approval", state.approval.asks) for state in self.states if state.approval
        ]

    def questions(self) -> dict[str, FieldDefinition]:
        """Return every question that a step or an approval asks, by its id."""
        return {question.id: question for _place, questions in self.askers() for question in questions}

    @cached_property
    def asked(self) -> FormDefinition | None:
        """All questions as one form; None where nothing is asked."""
        return as_form(self.questions().values(), "steps", self.title) if self.questions() else None


def as_form(questions: Iterable[FieldDefinition], key: str, title: LocalizedText) -> FormDefinition:
    """Return questions as a form of one page, so that the rules of forms are theirs."""
    return FormDefinition(
        key=key,
        title=title,
        category=FormCategory(key="step", title=title),
        numbering="STEP-{seq:05}",
        pages=[
            PageDefinition(id="step", title=title, groups=[Group(id="questions", fields=list(questions))])
        ],
    )
