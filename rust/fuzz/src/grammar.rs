//! Random expressions by the grammar, of a kind that is wanted.
//!
//! A kind is a word (`int`, `list-string`, `map-user`, `optional-int`). A form is text in which words in
//! braces stand for expressions: `{int} + {int}`, `[{this}, {this}]`.

use crate::choices::Choices;
use crate::variables::VARIABLES;

const SCALARS: [&str; 8] = ["int", "string", "bool", "double", "uint", "bytes", "timestamp", "duration"];
/// How long a text grows before only leaves are added.
const LENGTH_MAX: usize = 2_000;

/// What gives a value of any kind.
const SHARED: &str =
    "{bool} ? {this} : {this}; {list-this}[{small}]; {map-this}.{name}; {map-this}['{name}'];
    [{this}, {this}][{int}]; {bind this}; {optional-this}.orValue({this}); {optional-this}.value();
    {optional-this}.or({optional-this}).orValue({this}); {map-this}[{string}]; ({this})";
/// What gives a value of a kind.
const FORMS: [(&str, &str); 13] = [
    (
        "int",
        "{number}; n; -{int}; {int} + {int}; {int} - {int}; {int} * {int}; {int} / {int}; {int} % {int};
        size({string}); {list-string}.size(); size({map-int}); size({bytes}); int({double}); int({uint});
        int({string}); int({timestamp}); {string}.indexOf({string}); {string}.lastIndexOf({string}, {small});
        math.abs({int}); math.sign({int}); math.greatest({int}, {int}); math.least({list-int});
        math.bitAnd({int}, {int}); math.bitNot({int}); math.bitShiftLeft({int}, {small});
        {timestamp}.getFullYear(); {timestamp}.getHours({zone}); {timestamp}.getDayOfYear({zone});
        {duration}.getMinutes(); {duration}.getMilliseconds(); tokens({string}, 'gpt-4')",
    ),
    (
        "uint",
        "{number}u; {uint} + {uint}; {uint} - {uint}; {uint} * {uint}; {uint} / {uint}; {uint} % {uint};
        uint({int}); uint({double}); uint({string}); math.bitOr({uint}, {uint});
        math.bitShiftRight({uint}, {small})",
    ),
    (
        "double",
        "{fraction}; f; {double} + {double}; {double} - {double}; {double} * {double}; {double} / {double};
        -{double}; double({int}); double({uint}); double({string}); math.ceil({double}); math.round({double});
        math.sqrt({int}); math.sqrt({double}); math.greatest({double}, {double}, {double}); {user}.score",
    ),
    (
        "string",
        "{text}; s; {string} + {string}; string({int}); string({uint}); string({double}); string({bool});
        string({bytes}); string({timestamp}); string({duration}); {string}.charAt({small});
        {string}.substring({small}); {string}.substring({small}, {int}); {string}.upperAscii();
        {string}.trim(); {string}.replace({string}, {string}); {string}.replace({string}, {string}, {small});
        {string}.reverse(); {list-string}.join({string}); strings.quote({string}); base64.encode({bytes});
        '%s %d %.3f %x'.format([{any}, {int}, {double}, {bytes}]); {string}.format([{any}]); {user}.name",
    ),
    ("bytes", "{octets}; bytes({string}); {bytes} + {bytes}; base64.decode({string})"),
    (
        "bool",
        "true; false; flag; !{bool}; {bool} && {bool}; {bool} || {bool} || {bool}; {int} < {int};
        {int} >= {double}; {uint} == {int}; {double} != {double}; {string} < {string}; {string} == {string};
        {bytes} > {bytes}; {timestamp} <= {timestamp}; {duration} < {duration}; {bool} == {bool};
        {list-int} == {list-int}; {map-int} != {map-int}; {string} in {list-string}; {int} in {list-int};
        {string} in {map-int}; {string}.contains({string}); {string}.startsWith({string});
        {string}.matches({pattern}); {string}.matches({string}); has({map-int}.{name}); has(user.name);
        bool({string}); math.isNaN({double}); type({any}) == type({any}); {optional-int}.hasValue();
        {optional-int} == {optional-int}; {list all}; {list exists}; {list exists_one}; {map all};
        {map exists}; {pair all}; {pair existsOne}",
    ),
    ("timestamp", "timestamp({int}); timestamp({moment}); {timestamp} + {duration}; {timestamp} - {duration}"),
    (
        "duration",
        "duration({span}); {duration} + {duration}; {duration} - {duration}; {timestamp} - {timestamp}",
    ),
    (
        "list",
        "[]; [{this}]; [{this}, {this}, {this}]; [?{optional-this}, {this}]; {list-this} + {list-this};
        {list filter this}; {list map this}; {map map this}; {some map this}; {pair transformList this}",
    ),
    ("map", "{{}}; {{s: {this}}}; {{s: {this}, {string}: {this}}}; {{s: {this}, ?'{name}': {optional-this}}}; {entry transformMap this}"),
    (
        "optional",
        "optional.none(); optional.of({this}); {list-this}[?{small}]; {map-this}.?{name}; {map-this}[?{string}];
        {list-this}.first(); {with optMap this}; {with optFlatMap this}; {optional-this}.or({optional-this})",
    ),
    ("user", "user; {list-user}[0]; users[{small}]; {optional-user}.orValue(user); {bind user}"),
    ("dyn", "x; x.a.b; x.{name}; x['tags'][{int}]; dyn({any}); {dyn} + {dyn}; {dyn}.{name}; {dyn}.?a.b; {dyn}[{any}]; nobody"),
];
/// What stands for other words.
const WORDS: [(&str, &[&str]); 10] = [
    ("octets", &["b''", "b'ab'", r"b'\xff\101'", r"br'\d'", "b'''\u{e9}'''"]),
    ("name", &["a", "b", "name", "tags", "missing", "`content-type`", "`a b`"]),
    ("small", &["0", "1", "2", "3", "5", "-1", "100"]),
    (
        "number",
        &["0", "1", "2", "0x7f", "64", "9007199254740993", "9223372036854775807", "9223372036854775806"],
    ),
    (
        "fraction",
        &["0.0", "1.5", ".5", "1e3", "2.5E-3", "1e308", "4.9e-324", "9223372036854775808.0", "1e19"],
    ),
    (
        "text",
        &[
            "''",
            "'a'",
            "\"b\"",
            "'%s%d%%'",
            "r'\\d+(a|b)*'",
            "'''it's\n'''",
            "'\\u00e9\\U0001F600\\x41'",
            "'a,b,,c'",
            "'12'",
            "'-7'",
            "'1.5'",
            "'true'",
            "'\\\\\\''",
            "'2024-01-01T00:00:00Z'",
            "'1h'",
            "'YWI='",
            "'%.99f%e'",
        ],
    ),
    ("pattern", &["'a'", "'^[a-z]+$'", "r'\\w{2,9}(x|\\d)*'", "'('", "'.*.*.*b'", "''"]),
    ("zone", &["'UTC'", "'America/New_York'", "'+05:30'", "'Nowhere'", "'-23:59'", "''"]),
    (
        "moment",
        &["'2024-02-29T23:59:59.999999999Z'", "'0001-01-01T00:00:00Z'", "'9999-12-31T23:59:59-08:00'", "'?'"],
    ),
    ("span", &["'1h30m'", "'-1.5s'", "'9223372036s'", "'1ns'", "'0'", "'x'"]),
];

/// Writes random expressions.
pub(crate) struct Grammar<'c, 'b> {
    choices: &'c mut Choices<'b>,
    /// Once in how many times a place gets an expression of another kind than is wanted; 0 for never.
    wild: usize,
    text: String,
    /// The variables of the macros around, with their kinds.
    locals: Vec<(String, String)>,
}

impl<'c, 'b> Grammar<'c, 'b> {
    pub(crate) fn new(choices: &'c mut Choices<'b>, wild: usize) -> Self {
        Self { choices, wild, text: String::new(), locals: Vec::new() }
    }

    /// Writes an expression, and tells its kind.
    pub(crate) fn write(mut self, depth: usize) -> (String, String) {
        let kind = self.kind(2);
        self.expression(&kind, depth);
        (self.text, kind)
    }

    fn kind(&mut self, depth: usize) -> String {
        match self.choices.below(if depth > 0 { 16 } else { 9 }) {
            9..=12 => format!("list-{}", self.kind(depth - 1)),
            13..=14 => format!("map-{}", self.kind(depth - 1)),
            15 => format!("optional-{}", self.kind(depth - 1)),
            8 if self.wild > 0 => "dyn".into(),
            8 => "user".into(),
            scalar => SCALARS[scalar].into(),
        }
    }

    fn expression(&mut self, kind: &str, depth: usize) {
        if self.wild > 0 && self.choices.once_in(self.wild) {
            let other = self.kind(1);
            return self.of(&other, depth);
        }
        self.of(kind, depth);
    }

    fn of(&mut self, kind: &str, depth: usize) {
        let locals = self.locals.iter().map(|(name, _)| name.as_str());
        let names = VARIABLES.into_iter().map(|(name, _)| name).chain(locals);
        let known: Vec<&str> = names.filter(|name| self.meant(name) == Some(kind)).collect();
        if !known.is_empty() && self.choices.once_in(4) {
            let name = self.choices.pick(&known).to_string();
            return self.text.push_str(&name);
        }
        let (group, this) = kind.split_once('-').unwrap_or((kind, kind));
        let is_leaf = depth == 0 || self.choices.is_over() || self.text.len() > LENGTH_MAX;
        if !is_leaf && self.choices.once_in(5) {
            return self.fill(SHARED, kind, depth - 1);
        }
        let Some((_, forms)) = FORMS.iter().find(|(name, _)| *name == group) else { return };
        if is_leaf {
            // The first form of each holds no other expression.
            return self.form(forms.split(';').next().unwrap_or_default(), this, 0);
        }
        self.fill(forms, this, depth - 1);
    }

    /// The kind of what a name stands for here.
    fn meant(&self, name: &str) -> Option<&str> {
        let local = self.locals.iter().rev().find(|(local, _)| local == name).map(|(_, kind)| kind.as_str());
        local.or_else(|| VARIABLES.into_iter().find(|(known, _)| *known == name).map(|(_, kind)| kind))
    }

    fn fill(&mut self, forms: &str, this: &str, depth: usize) {
        let chosen = self.choices.below(forms.split(';').count());
        self.form(forms.split(';').nth(chosen).unwrap_or_default(), this, depth);
    }

    fn form(&mut self, form: &str, this: &str, depth: usize) {
        let mut rest = form.trim();
        while let Some((before, behind)) = rest.split_once('{') {
            self.text.push_str(&before.replace("}}", "}"));
            if let Some(behind) = behind.strip_prefix('{') {
                self.text.push('{');
                rest = behind;
                continue;
            }
            let (word, behind) = behind.split_once('}').unwrap_or((behind, ""));
            self.word(&word.replace("this", this), depth);
            rest = behind;
        }
        self.text.push_str(&rest.replace("}}", "}"));
    }

    fn word(&mut self, word: &str, depth: usize) {
        if let Some((_, texts)) = WORDS.iter().find(|(name, _)| *name == word) {
            let text = self.choices.pick(texts);
            return self.text.push_str(text);
        }
        match *word.split(' ').collect::<Vec<_>>() {
            ["any"] => {
                let kind = self.kind(1);
                self.operand(&kind, depth);
            }
            ["bind", kind] => {
                let held = self.kind(1);
                self.text.push_str("cel.bind(v, ");
                self.expression(&held, depth);
                self.text.push_str(", ");
                self.within(&[("v", &held)], kind, depth);
            }
            ["with", name, kind] => {
                let held = self.kind(1);
                self.operand(&format!("optional-{held}"), depth);
                self.text.extend([".", name, "(v, "]);
                let made = if name == "optMap" { kind.into() } else { format!("optional-{kind}") };
                self.within(&[("v", &held)], &made, depth);
            }
            [group, name, ref kind @ ..] => {
                self.looping(group, name, kind.first().copied().unwrap_or("bool"), depth);
            }
            _ => self.operand(word, depth),
        }
    }

    /// A macro that loops: over a list, a map, or with two variables (`pair`, `entry`); `some` filters.
    fn looping(&mut self, group: &str, name: &str, kind: &str, depth: usize) {
        let held = self.kind(1);
        let range = if matches!(group, "map" | "entry") { "map" } else { "list" };
        // What a filter gives are the items.
        let (held, body) = if name == "filter" { (kind.to_owned(), "bool") } else { (held, kind) };
        self.operand(&format!("{range}-{held}"), depth);
        let variable = ["i", "j"][self.choices.below(2)];
        self.text.extend([".", name, "(", variable, ", "]);
        match group {
            "pair" | "entry" => {
                self.text.push_str("k, ");
                let first = if group == "pair" { "int" } else { "string" };
                self.within(&[(variable, first), ("k", &held)], body, depth);
            }
            "map" => self.within(&[(variable, "string")], body, depth),
            "some" => {
                self.locals.push((variable.into(), held.clone()));
                self.expression("bool", depth);
                self.locals.pop();
                self.text.push_str(", ");
                self.within(&[(variable, &held)], body, depth);
            }
            _ => self.within(&[(variable, &held)], body, depth),
        }
    }

    /// Writes the last argument of a macro, where its variables are known, and the closing parenthesis.
    fn within(&mut self, added: &[(&str, &str)], kind: &str, depth: usize) {
        let outside = self.locals.len();
        self.locals.extend(added.iter().map(|(name, held)| ((*name).into(), (*held).into())));
        self.expression(kind, depth);
        self.locals.truncate(outside);
        self.text.push(')');
    }

    /// An expression in parentheses, most of the time if another one may come of it without.
    fn operand(&mut self, kind: &str, depth: usize) {
        let is_bare = self.wild > 0 && self.choices.once_in(3);
        self.text.push_str(if is_bare { "" } else { "(" });
        self.expression(kind, depth);
        self.text.push_str(if is_bare { "" } else { ")" });
    }
}
