"""Triage of GitHub events: what happened, whom it concerns, how soon to look at it.

An event is validated, classified, routed by its label, enriched by several nodes at once, and
summarised into a card. Run it over the sample events beside this file::

    workflow-engine run examples/github_triage/workflow.py:triage \
        --input examples/github_triage/events.jsonl
"""

import re
from pathlib import Path
from typing import Literal

from github_events import Event
from pydantic import BaseModel

from workflow_engine import Retry, Workflow

Label = Literal["push", "pull_request", "issue", "comment", "release", "repository", "community", "other"]
Priority = Literal["low", "normal", "high", "urgent"]
Size = Literal["small", "medium", "large"]

LABELS: dict[str, Label] = {
    "PushEvent": "push",
    "PullRequestEvent": "pull_request",
    "IssuesEvent": "issue",
    "IssueCommentEvent": "comment",
    "CommitCommentEvent": "comment",
    "PullRequestReviewEvent": "comment",
    "PullRequestReviewCommentEvent": "comment",
    "ReleaseEvent": "release",
    "CreateEvent": "repository",
    "DeleteEvent": "repository",
    "GollumEvent": "repository",
    "MemberEvent": "repository",
    "PublicEvent": "repository",
    "ForkEvent": "community",
    "WatchEvent": "community",
}

# Words that should not wait, the most urgent first.
ALARMS: dict[str, Priority] = {
    "security": "urgent",
    "vulnerability": "urgent",
    "data loss": "urgent",
    "crash": "high",
    "regression": "high",
}


class Kind(BaseModel):
    label: Label
    automated: bool


class People(BaseModel):
    involved: list[str]
    team: str | None
    external: bool


class Change(BaseModel):
    commits: int
    lines: int | None
    size: Size


class Urgency(BaseModel):
    priority: Priority
    alarms: list[str]


class Card(BaseModel):
    title: str
    label: Label
    priority: Priority
    team: str | None
    people: list[str]
    labels: list[str]
    summary: str
    url: str


class Team(BaseModel):
    name: str
    members: list[str]
    repositories: list[str]


class Directory(BaseModel):
    """Who belongs to which team. Its methods are async because a real one would be a service."""

    teams: list[Team]

    async def owner(self, repository: str) -> str | None:
        return next((team.name for team in self.teams if repository in team.repositories), None)

    async def knows(self, login: str) -> bool:
        return any(login in team.members for team in self.teams)


# A parameter named like a node is an edge, one named like a resource is the resource, and one
# annotated with the input's type is the input.

triage = Workflow("triage", input=Event, output=Card)


@triage.resource
def directory() -> Directory:
    """Opened at the first event that needs it, and then shared by all runs."""
    return Directory.model_validate_json(Path(__file__).with_name("teams.json").read_bytes())


@triage.node
def classify(event: Event) -> Kind:
    """Says what kind of event this is, and whether a program caused it."""
    label = LABELS.get(event.type, "other")
    return Kind(label=label, automated=event.actor.login.endswith("[bot]"))


@triage.node(retry=Retry(attempts=3, delay=0.1), timeout=2.0)
async def people(event: Event, directory: Directory) -> People:
    """Finds who is involved, and which team owns the repository."""
    users = [event.actor, event.payload.member]
    if event.subject:
        users += [event.subject.user, event.subject.assignee]
    return People(
        involved=list(dict.fromkeys(user.login for user in users if user)),
        team=await directory.owner(event.repo.name),
        external=not await directory.knows(event.actor.login),
    )


@triage.node
def change(event: Event) -> Change:
    """Measures how much there is to read: in lines where they are known, else in commits."""
    pull = event.payload.pull_request
    lines = pull.additions + pull.deletions if pull else None
    commits = pull.commits if pull else len(event.payload.commits)
    amount, small, medium = (commits, 3, 10) if lines is None else (lines, 50, 500)
    size: Size = "small" if amount <= small else "medium" if amount <= medium else "large"
    return Change(commits=commits, lines=lines, size=size)


@triage.node
def urgency(event: Event) -> Urgency:
    """Looks for words that should not wait, unless the matter is closed."""
    if event.payload.action == "closed":
        return Urgency(priority="low", alarms=[])
    text = event.text.lower()
    alarms = [word for word in ALARMS if re.search(rf"\b{word}", text)]
    return Urgency(priority=ALARMS[alarms[0]] if alarms else "normal", alarms=alarms)


@triage.node
def summarise(
    event: Event,
    classify: Kind,
    people: People | None = None,
    change: Change | None = None,
    urgency: Urgency | None = None,
) -> Card:
    """Writes the card. A node that the route left out gives its default here."""
    labels = [f"size/{change.size}"] if change else []
    labels += urgency.alarms if urgency else []
    labels += ["external"] if people and people.external else []
    labels += ["automated"] if classify.automated else []
    summary = f"{event.repo.name}: {event.actor.login} {event.deed}"
    return Card(
        title=event.title or summary,
        label=classify.label,
        priority=urgency.priority if urgency else "low",
        team=people.team if people else None,
        people=people.involved if people else [event.actor.login],
        labels=labels,
        summary=summary,
        url=event.url,
    )


triage.route(
    classify,
    {
        "push": [people, change],
        "pull_request": [people, change, urgency],
        "issue": [people, urgency],
        "comment": [people, urgency],
        "release": [people, urgency],
        "repository": people,
        "community": people,
        "other": None,
    },
    on=lambda kind: kind.label,
)
triage.returns(summarise)
