//! Where a `$ref` leads: places of the document by `$id`, `$anchor` and JSON pointer.

use std::collections::HashMap;

use crate::value::{Step, Value};

/// Keywords whose values are no schemas and hold none.
const OPAQUE: [&str; 4] = ["enum", "const", "default", "examples"];

/// The named places of a document.
pub(super) struct Names<'d> {
    /// Documents in the document, by their address.
    documents: HashMap<String, &'d Value>,
    /// Schemas by the address of their document and their anchor.
    anchors: HashMap<(String, String), &'d Value>,
    /// Which address each object stands under, where that is not the outermost.
    bases: HashMap<*const Value, String>,
}

impl<'d> Names<'d> {
    pub(super) fn of(document: &'d Value) -> Self {
        let mut names = Self { documents: HashMap::new(), anchors: HashMap::new(), bases: HashMap::new() };
        names.documents.insert(String::new(), document);
        names.visit(document, "");
        names
    }

    fn visit(&mut self, value: &'d Value, base: &str) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.visit(item, base)),
            Value::Object(object) => {
                let own = match object.get("$id") {
                    Some(Value::String(id)) => Some(resolved(base, without_fragment(id))),
                    _ => None,
                };
                if let Some(own) = &own {
                    self.documents.insert(own.clone(), value);
                }
                let base = own.as_deref().unwrap_or(base);
                for keyword in ["$anchor", "$dynamicAnchor"] {
                    if let Some(Value::String(anchor)) = object.get(keyword) {
                        self.anchors.insert((base.to_owned(), anchor.to_string()), value);
                    }
                }
                if !base.is_empty() {
                    self.bases.insert(value, base.to_owned());
                }
                let inner = object.iter().filter(|(key, _)| !OPAQUE.contains(&&**key));
                inner.for_each(|(_, value)| self.visit(value, base));
            }
            _ => {}
        }
    }

    /// The schema that a reference in `schema` leads to.
    pub(super) fn find(&self, schema: &Value, reference: &str) -> Option<&'d Value> {
        let base = self.bases.get(&std::ptr::from_ref(schema)).map_or("", |base| base);
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let address = if address.is_empty() { base.to_owned() } else { resolved(base, address) };
        let fragment = percent_decoded(fragment);
        let document = *self.documents.get(&address)?;
        if fragment.is_empty() {
            return Some(document);
        }
        if fragment.starts_with('/') {
            return pointed(document, &fragment);
        }
        self.anchors.get(&(address, fragment)).copied()
    }
}

fn without_fragment(address: &str) -> &str {
    address.split('#').next().unwrap_or_default()
}

/// An address relative to another.
fn resolved(base: &str, address: &str) -> String {
    let scheme_end = |address: &str| {
        let end = address.find(':')?;
        let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
        address.get(..end)?.chars().all(is_scheme).then_some(end)
    };
    if base.is_empty() || scheme_end(address).is_some() {
        return address.to_owned();
    }
    let path_start = base.find("://").map_or_else(
        || scheme_end(base).map_or(0, |end| end + 1),
        |end| base.get(end + 3..).and_then(|rest| rest.find('/')).map_or(base.len(), |path| end + 3 + path),
    );
    let (origin, path) = base.split_at(path_start);
    let folder = path.rfind('/').and_then(|end| path.get(..=end)).unwrap_or("/");
    let path = if address.starts_with('/') { address.to_owned() } else { [folder, address].concat() };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                if parts.len() > 1 {
                    parts.pop();
                }
            }
            part => parts.push(part),
        }
    }
    [origin, &parts.join("/")].concat()
}

/// The way to what a reference leads to, as far as the reference itself tells.
pub(super) fn steps(reference: &str) -> Vec<Step> {
    let Some(pointer) = reference.strip_prefix("#/") else { return vec![Step::Key(reference.into())] };
    let step = |step: &str| {
        let index = step.parse().map(Step::Index);
        index.unwrap_or_else(|_| Step::Key(unescaped(&percent_decoded(step)).into()))
    };
    pointer.split('/').map(step).collect()
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The value at a JSON pointer.
fn pointed<'d>(document: &'d Value, pointer: &str) -> Option<&'d Value> {
    pointer.split('/').skip(1).try_fold(document, |value, step| {
        let step = unescaped(step);
        match value {
            Value::Object(object) => object.get(&step),
            Value::List(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        }
    })
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) if *first == b'%' => {
                bytes.push(code);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
