//! A node that renders a template: a text, or the messages of a chat.

use std::sync::Arc;

use super::expression::{INPUT, Reads};
use super::{Inputs, NativeError};
use crate::cel::Fuel;
use crate::template::{OUTPUT_MAX, Program, Roots, SOURCE_MAX, TemplateError};
use crate::value::{Object, Value};

/// How many texts the messages of a template may hold.
pub const TEXTS_MAX: usize = 1_000;
/// The keys that a message may have.
const MESSAGE_KEYS: [&str; 3] = ["role", "content", "name"];

/// Gives a text, or a list of messages `{"role": .., "content": ..}`. The variables of the template are
/// `input` and the names of nodes.
#[derive(Clone, Debug)]
pub struct Template {
    shape: Arc<Shape>,
    roots: Arc<Roots>,
}

/// JSON whose texts are templates.
#[derive(Debug)]
enum Shape {
    /// A template, and the path to it for errors.
    Text(Program, Box<str>),
    Constant(Value),
    List(Box<[Shape]>),
    Object(Box<[(Arc<str>, Shape)]>),
}

impl Template {
    pub(super) const NAME: &'static str = "template";

    /// Compiles a text, or a list of messages. A message is an object with a `role`, a `content` and
    /// possibly a `name`; its content is a text or a list of parts, such as
    /// `{"type": "text", "text": "{{ input.question }}"}`, in which every text but the `type` is a template.
    ///
    /// # Errors
    /// Anything else, texts that are no templates, and what is past a limit.
    pub fn compile(source: &Value) -> Result<Self, TemplateError> {
        let mut compiler = Compiler { roots: Roots::default(), texts: 0, room: SOURCE_MAX };
        let shape = match source {
            Value::List(messages) => Shape::List(compiler.each(messages, "", Compiler::message)?),
            Value::String(text) => compiler.text(text, "")?,
            other => {
                return Err(refused("", format!("a text or a list of messages, not {}", other.type_name())));
            }
        };
        Ok(Self { shape: Arc::new(shape), roots: compiler.roots.into() })
    }

    /// What the template reads, in the order in which it first does.
    pub fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        for (name, is_asked) in self.roots.iter() {
            reads.add(name, is_asked);
        }
        reads
    }

    pub(super) fn reads_input(&self) -> bool {
        self.roots.iter().any(|(root, _)| root == INPUT)
    }

    pub(super) fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
        let mut positions = 0..;
        let roots: Vec<Option<&Value>> = self
            .roots
            .iter()
            .map(
                |(root, _)| {
                    if root == INPUT { Some(inputs.input()) } else { inputs.output(positions.next()?) }
                },
            )
            .collect();
        let mut rendering = Rendering { roots: &roots, fuel: Fuel::default(), room: OUTPUT_MAX };
        let given = rendering.shape(&self.shape);
        given.map_err(|error| NativeError { path: error.place(), detail: error.message })
    }
}

#[cold]
fn refused(path: &str, message: String) -> TemplateError {
    TemplateError { path: path.into(), line: 1, column: 1, message }
}

/// Compiles the texts of one template, which share their roots and limits.
struct Compiler {
    roots: Roots,
    texts: usize,
    /// How many bytes of text there may still be.
    room: usize,
}

impl Compiler {
    fn each(
        &mut self,
        items: &[Value],
        path: &str,
        compile: fn(&mut Self, &Value, &str) -> Result<Shape, TemplateError>,
    ) -> Result<Box<[Shape]>, TemplateError> {
        let items = items.iter().enumerate();
        items.map(|(index, item)| compile(self, item, &format!("{path}[{index}]"))).collect()
    }

    fn message(&mut self, message: &Value, path: &str) -> Result<Shape, TemplateError> {
        let Value::Object(object) = message else {
            return Err(refused(path, format!("a message is an object, not {}", message.type_name())));
        };
        if let Some((key, _)) = object.iter().find(|(key, _)| !MESSAGE_KEYS.contains(&&**key)) {
            let known = MESSAGE_KEYS.join(", ");
            return Err(refused(path, format!("a message has no `{key}`, it has {known}")));
        }
        let role = object.get("role").filter(|role| matches!(role, Value::String(role) if !role.is_empty()));
        let (Some(role), Some(content)) = (role, object.get("content")) else {
            return Err(refused(path, "a message needs a `role`, which is text, and a `content`".into()));
        };
        let content_path = format!("{path}.content");
        let content = match content {
            Value::String(text) => self.text(text, &content_path)?,
            Value::List(parts) => Shape::List(self.each(parts, &content_path, Self::part)?),
            other => {
                let kind = other.type_name();
                return Err(refused(&content_path, format!("a text or a list of parts, not {kind}")));
            }
        };
        let mut entries = vec![("role".into(), Shape::Constant(role.clone())), ("content".into(), content)];
        if let Some(name) = object.get("name") {
            entries.push(("name".into(), self.part(name, &format!("{path}.name"))?));
        }
        Ok(Shape::Object(entries.into()))
    }

    /// Any JSON whose texts are templates, except those that say what `type` something is.
    fn part(&mut self, part: &Value, path: &str) -> Result<Shape, TemplateError> {
        Ok(match part {
            Value::String(text) => self.text(text, path)?,
            Value::List(items) => Shape::List(self.each(items, path, Self::part)?),
            Value::Object(object) => {
                let entries = object.iter().map(|(key, value)| {
                    let shape = match (&**key, value) {
                        ("type", Value::String(_)) => Shape::Constant(value.clone()),
                        _ => self.part(value, &format!("{path}.{key}"))?,
                    };
                    Ok((key.clone(), shape))
                });
                Shape::Object(entries.collect::<Result<_, _>>()?)
            }
            constant => Shape::Constant(constant.clone()),
        })
    }

    fn text(&mut self, text: &str, path: &str) -> Result<Shape, TemplateError> {
        self.texts += 1;
        if self.texts > TEXTS_MAX {
            return Err(refused(path, format!("more than {TEXTS_MAX} texts")));
        }
        let Some(room) = self.room.checked_sub(text.len()) else {
            return Err(refused(path, format!("more than {SOURCE_MAX} bytes of templates")));
        };
        self.room = room;
        match Program::compile(text, &mut self.roots) {
            Ok(program) => Ok(Shape::Text(program, path.into())),
            Err(error) => Err(TemplateError { path: path.into(), ..error }),
        }
    }
}

/// Renders the texts of one template, which share their limits.
struct Rendering<'v> {
    roots: &'v [Option<&'v Value>],
    fuel: Fuel,
    /// How many bytes of text may still be given.
    room: usize,
}

impl Rendering<'_> {
    fn shape(&mut self, shape: &Shape) -> Result<Value, TemplateError> {
        match shape {
            Shape::Constant(value) => Ok(value.clone()),
            Shape::Text(program, path) => self.text(program, path),
            Shape::List(items) => items.iter().map(|item| self.shape(item)).collect(),
            Shape::Object(entries) => {
                let entries = entries.iter().map(|(key, shape)| Ok((key.clone(), self.shape(shape)?)));
                match Object::try_new(entries.collect::<Result<_, TemplateError>>()?) {
                    Ok(object) => Ok(Value::Object(Arc::new(object))),
                    Err(key) => Err(refused("", format!("the key `{key}` stands twice"))),
                }
            }
        }
    }

    fn text(&mut self, program: &Program, path: &str) -> Result<Value, TemplateError> {
        let error = |error| TemplateError { path: path.into(), ..error };
        let text = program.render(self.roots, &self.fuel).map_err(error)?;
        let Some(room) = self.room.checked_sub(text.len()) else {
            return Err(refused(path, format!("more than {OUTPUT_MAX} bytes of text in all messages")));
        };
        self.room = room;
        Ok(Value::String(text.into()))
    }
}
