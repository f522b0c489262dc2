//! Fuel as time: how long the costliest operations take to use up all that an evaluation has by default.
//! Each has to stay below 100 ms, which is what `FUEL_DEFAULT` promises.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use engine_core::cel::check::{ObjectType, Type, check};
use engine_core::cel::syntax::{SOURCE_MAX, parse};
use engine_core::cel::{ErrorKind, Fuel, Program};
use engine_core::value::Value;

/// Operations over `text` (50 KB), `line` (500 bytes), `letters` (a list of them), `items` (1,000 objects), `n` (1,000 ints),
/// `a` and `b` (items of `n`), `big` (an integer of 1,000 digits) and `time`.
const OPERATIONS: &[(&str, &str)] = &[
    ("comparison", "a < b"),
    ("calculation", "a * 3 + b > 0"),
    ("size of text", "size(text) > a"),
    ("text in text", "text.contains('yyx')"),
    ("worst text in text", "text.contains('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxy')"),
    ("text equal to text", "text == text + ''"),
    ("joined text", "text + text == ''"),
    ("reversed text", "text.reverse() == ''"),
    ("replaced text", "text.replace('x', 'yy') == ''"),
    ("cut text", "text.split('x').size() > a"),
    ("letters of a text", "text.split('').size() > a"),
    ("joined letters", "letters.join('-') == ''"),
    ("character at", "text.charAt(49000) == 'y'"),
    ("last index of", "text.lastIndexOf('yx') == a"),
    ("quoted text", "strings.quote(text) == ''"),
    ("base64", "base64.decode(base64.encode(bytes(text))) == b''"),
    ("pattern over text", r"line.matches('(x+x+)+y')"),
    ("large pattern over text", r"line.matches('\\w{4}[^x]$')"),
    ("long pattern made anew", "'x'.matches(text)"),
    ("pattern made anew", "'x'.matches(string(a) + '[a-c]{9}x+y')"),
    ("large pattern made anew", r"'x'.matches(string(a) + '\\w{4}')"),
    ("pattern of classes made anew", r"'x'.matches(string(a) + '\\pL\\PL\\pN')"),
    ("format", "'%s %d %x'.format([text, a, b]) == ''"),
    ("format of lists", "'%s'.format([items]) == ''"),
    ("format with digits", "'%.100f%.100f'.format([1e300, 1e-300]) == ''"),
    ("text of a double", "string(double(a) / 3.0) == ''"),
    ("double of text", "double('0.1234567890123456789012345678901234567890e-300') == 0.0"),
    ("text of a large integer", "string(big) == ''"),
    ("double of a large integer", "double(big) == 0.0"),
    ("large integers", "big == big"),
    ("huge integers", "huge == huge"),
    ("key of long text", "text in {text: 1}"),
    ("missing key of long text", "items[0][text] == 1"),
    ("start of a text", "text.startsWith(text)"),
    ("integer of long text", "int(zeros) == a"),
    ("duration of long text", "duration(zeros) == duration(zeros)"),
    ("zone of long text", "time.getHours(text) == a"),
    ("keys of long text", "{'a' + text: 1, 'b' + text: 2}.size() == 0"),
    ("zone", "time.getHours('America/New_York') > a"),
    ("unknown zone", "time.getHours('Nowhere/None') > a"),
    ("reading a time", "timestamp('2024-02-29T23:59:59.999999999+01:00') == time"),
    ("writing a time", "string(time) == ''"),
    ("reading a duration", "duration('1h2m3s4ms5us6ns') > duration('1s')"),
    ("list made", "[a, b, a, b, a, b, a, b] == []"),
    ("empty list made", "[a].size() > b"),
    ("map made", "{a: b, b + 10000: a, 'x': 1, 'y': 2} == {}"),
    ("lists joined", "(n + n).size() == a"),
    ("list mapped", "n.map(i, i + a).size() == b"),
    ("list of lists mapped", "n.map(i, [i]).size() == b"),
    ("list filtered", "n.filter(i, i > a).size() == b"),
    ("map of a list", "n.transformMap(i, v, v).size() == b"),
    ("map of text", "items.transformMapEntry(i, v, {string(i): v}).size() == b"),
    ("list equal to list", "items == items"),
    ("item in list", "{'k': 1} in items"),
    ("number in list", "-1 in n"),
    ("greatest", "math.greatest(n) < a"),
    ("optionals", "optional.of(optional.of(a)).optMap(v, v).orValue(optional.of(b)) == optional.of(1)"),
    ("missing fields", "time.nobody.x || items[0].gone.x || a > 9000"),
    ("unknown functions", "nobody(a)"),
    ("bound values", "cel.bind(x, a, cel.bind(y, b, x + y)) == -1"),
    ("tokens of prose", "tokens(text, 'gpt-5') == a"),
    ("tokens of short text", "tokens('a b', 'gpt-4') > 9000"),
    ("tokens of blanks", "tokens(blanks, 'gpt-5') == a"),
    ("tokens of code", "tokens(code, 'gpt-4') == a"),
    ("tokens of random letters", "tokens(random, 'gpt-5') == a"),
    ("price", "price({'input_tokens': a, 'output_tokens': b}, 'gpt-4o') < 0.0"),
    ("price behind a provider", "price({'input_tokens': a}, 'azure/gpt-4o') < 0.0"),
    ("price that is not known", "price({'input_tokens': a}, long) == 1"),
];

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("it is JSON")
}

/// Letters that repeat late and make no words.
fn random(count: usize) -> String {
    let mut state = 1_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + (state >> 33) as u8 % 26)
    };
    (0..count).map(|_| letter()).collect()
}

fn variable(name: &str) -> Option<Value> {
    let list = |item: &dyn Fn(usize) -> String, count: usize| {
        json(&format!("[{}]", (0..count).map(item).collect::<Vec<_>>().join(",")))
    };
    Some(match name {
        "text" => Value::String("x".repeat(50_000).into()),
        "line" => Value::String("x".repeat(500).into()),
        "blanks" => Value::String(" ".repeat(50_000).into()),
        "code" => Value::String(include_str!("fuel.rs").into()),
        "random" => Value::String(random(50_000).into()),
        "long" => Value::String(random(500).into()),
        "letters" => list(&|_| "\"x\"".into(), 5_000),
        "items" => list(&|index| format!(r#"{{"k": {index}, "name": "name {index}"}}"#), 1_000),
        "n" => list(&|index| index.to_string(), 1_000),
        "zeros" => Value::String("0".repeat(500_000).into()),
        "huge" => json(&"9".repeat(4_000)),
        "big" => json(&"9".repeat(1_000)),
        _ => return None,
    })
}

fn fuel(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("all of the fuel");
    group.sample_size(10);
    for (name, operation) in OPERATIONS {
        let source = format!(
            "cel.bind(time, timestamp('2024-02-29T12:00:00Z'), n.all(a, n.all(b, {operation} || true)))"
        );
        let program = Program::compile(&parse(&source).expect(&source), &[]);
        let values: Vec<Option<Value>> = program.roots().iter().map(|root| variable(&root.name)).collect();
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let fuel = Fuel::default();
                let ended = black_box(&program).test(black_box(&values), &fuel);
                assert!(ended.is_err_and(|error| error.kind == ErrorKind::Limit), "{source}");
            });
        });
    }
    group.finish();
}

/// Texts of the largest size, parsed, checked and compiled: work that takes no fuel.
fn compiling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("the longest source");
    group.sample_size(10);
    for (name, part, joint) in [
        ("calculations", "a+1==2||", "true"),
        ("patterns", r"''.matches(r'\w{12}')||", "true"),
        ("too large patterns", r"''.matches(r'\w{1,99}')||", "true"),
        ("short patterns", r"''.matches(r'\PL')||", "true"),
        ("unknown functions", "b()||", "true"),
        ("unknown fields", "a.b||", "true"),
        ("macros", "[].all(b,b)||", "true"),
    ] {
        let source = part.repeat((SOURCE_MAX - joint.len()) / part.len()) + joint;
        let object = ObjectType { fields: vec![("c".into(), Type::Int)], open: false };
        let variables = [("a".into(), Type::Object(object.into())), ("aa".into(), Type::Dyn)];
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let tree = parse(black_box(&source)).expect("it is CEL");
                (check(&tree, &variables), Program::compile(&tree, &[]))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, fuel, compiling);
criterion_main!(benches);
