"""Answers from documents: each text is cleaned and rated, and a summary grows until it is good enough.

::

    workflow-engine run examples/document_processing/documents.py:documents \
        --input examples/document_processing/questions.jsonl
"""

from typing import TypedDict

from language_model import Draft, Hit, LanguageModel, RuleModel, improve

from workflow_engine import Expression, Retry, Workflow, ref


class Document(TypedDict):
    title: str
    text: str


class Question(TypedDict):
    question: str
    documents: list[Document]


class Answer(TypedDict):
    summary: str
    score: float
    sources: list[str]
    unread: list[str]


# Texts come with line breaks and blanks from wherever they were copied.
tidy = Workflow("tidy", input=str, output=str)
tidy.compute("one_line", r"input.replace('\n', ' ').replace('\t', ' ')")
tidy.compute("text", "one_line.split(' ').filter(word, word != '').join(' ')")

documents = Workflow("documents", input=Question, output=Answer)


@documents.resource
def model() -> LanguageModel:
    """What a deployment replaces: here a model that goes by rules."""
    return RuleModel()


question = documents.subworkflow(tidy, inputs=documents.input.question, name="question")
texts = documents.map(tidy, over=documents.input.documents, inputs=ref("item.text"), name="texts")


# One document that cannot be read is no reason to do without the others.
@documents.map(over=texts, concurrency=4, retry=Retry(attempts=3, delay=0.01), timeout=30, on_error="keep")
async def hits(text: str, question: str, model: LanguageModel) -> Hit:
    return await model.rate(question, text)


sources = documents.compute(
    "sources",
    "hits.transformList(i, hit, has(hit.score) && hit.score > 0.0,"
    " {'title': input.documents[i].title, 'sentence': hit.sentence})",
)
unread = documents.compute("unread", "hits.transformList(i, hit, has(hit.error), input.documents[i].title)")
sentences = documents.compute("sentences", "sources.map(source, source.sentence)")

empty: Draft = {"text": "", "score": 0.0}
summary = documents.loop(
    improve, start=empty, until="state.score >= 0.8", limit=5, at_limit="keep", name="summary"
)

answer = documents.transform(
    "answer",
    {
        "summary": ref("summary.text"),
        "score": ref("summary.score"),
        "sources": Expression("sources.map(source, source.title)"),
        "unread": unread,
    },
)
