"""Events of GitHub's public events API, reduced to the fields that the triage reads."""

from pydantic import BaseModel


class User(BaseModel):
    login: str


class Name(BaseModel):
    name: str


class Commit(BaseModel):
    message: str


class Issue(BaseModel):
    number: int
    title: str = ""
    body: str | None = None
    html_url: str | None = None
    user: User | None = None
    assignee: User | None = None
    labels: list[Name] = []


class PullRequest(Issue):
    merged: bool | None = None
    commits: int = 0
    additions: int = 0
    deletions: int = 0


class Comment(BaseModel):
    body: str | None = None
    html_url: str | None = None


class Release(BaseModel):
    tag_name: str
    name: str | None = None
    body: str | None = None
    html_url: str | None = None


class Page(BaseModel):
    title: str
    html_url: str


class Payload(BaseModel):
    """What happened; which fields are there depends on the type of the event."""

    action: str | None = None
    ref: str | None = None
    ref_type: str | None = None
    commits: list[Commit] = []
    issue: Issue | None = None
    pull_request: PullRequest | None = None
    comment: Comment | None = None
    release: Release | None = None
    pages: list[Page] = []
    member: User | None = None


class Event(BaseModel):
    """Something that someone did in a repository."""

    id: str
    type: str
    actor: User
    repo: Name
    payload: Payload

    @property
    def subject(self) -> Issue | None:
        """The pull request or issue that this is about."""
        return self.payload.pull_request or self.payload.issue

    @property
    def title(self) -> str:
        """A line of its author's own words, empty where there are none."""
        payload = self.payload
        if self.subject:
            return self.subject.title
        if payload.release:
            return payload.release.name or payload.release.tag_name
        if payload.pages:
            return payload.pages[0].title
        messages = [commit.message.partition("\n")[0] for commit in reversed(payload.commits)]
        return next((line for line in messages if not line.startswith("Merge ")), "")

    @property
    def text(self) -> str:
        """Everything that was written in this event, to search in."""
        payload = self.payload
        if payload.comment:
            return payload.comment.body or ""
        if self.subject:
            labels = " ".join(label.name for label in self.subject.labels)
            return f"{self.subject.title}\n{self.subject.body or ''}\n{labels}"
        if payload.release:
            return f"{payload.release.name or ''}\n{payload.release.body or ''}"
        return "\n".join(commit.message for commit in payload.commits)

    @property
    def url(self) -> str:
        """The page to open."""
        payload = self.payload
        places = [payload.comment, self.subject, payload.release, *payload.pages]
        pages = [place.html_url for place in places if place and place.html_url]
        return pages[0] if pages else f"https://github.com/{self.repo.name}"

    @property
    def deed(self) -> str:
        """What the actor did, to follow the actor's name."""
        payload, subject = self.payload, self.subject
        action = payload.action or "changed"
        match self.type:
            case "PushEvent":
                branch = (payload.ref or "a branch").removeprefix("refs/heads/")
                return f"pushed {plural(len(payload.commits), 'commit')} to {branch}"
            case "PullRequestEvent" if pull := payload.pull_request:
                return f"{'merged' if pull.merged else action} pull request #{pull.number}"
            case "IssuesEvent" if subject:
                return f"{action} issue #{subject.number}"
            case "ReleaseEvent" if payload.release:
                return f"{action} release {payload.release.tag_name}"
            case "GollumEvent":
                return f"edited {plural(len(payload.pages), 'wiki page')}"
            case "CreateEvent":
                return f"created {payload.ref_type} {payload.ref or ''}".rstrip()
            case "DeleteEvent":
                return f"deleted {payload.ref_type} {payload.ref or ''}".rstrip()
            case "MemberEvent" if payload.member:
                return f"{action} member {payload.member.login}"
            case "PublicEvent":
                return "made the repository public"
            case "ForkEvent":
                return "forked the repository"
            case "WatchEvent":
                return "starred the repository"
            case _ if payload.comment:
                return f"commented on #{subject.number}" if subject else "commented on a commit"
            case "PullRequestReviewEvent" if subject:
                return f"reviewed pull request #{subject.number}"
            case _:
                return f"caused a {self.type}"


def plural(count: int, noun: str) -> str:
    """Counts a noun: `1 commit`, `2 commits`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
