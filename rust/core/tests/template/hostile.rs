//! Templates that try to take the process down: each ends with a result or an error, in little time and memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use engine_core::value::Value;

use super::{evaluate, json};

thread_local! {
    /// Bytes that this thread holds, and the most it ever held since that was reset.
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

/// Counts what each thread holds.
struct Counting;

fn count(change: isize) {
    let _ = HELD.try_with(|held| {
        let (now, most) = held.get();
        held.set((now + change, most.max(now + change)));
    });
}

// SAFETY: all work is the system allocator's.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// More than any template may hold at a time, beside its input.
const MEMORY_MAX: isize = 32 << 20;
/// As small as the stacks of threads are.
const STACK: usize = 2 << 20;

/// Evaluates a template on a small stack; the result in short, and the most memory held on the way.
fn attempt(source: String, input: Value) -> (String, isize) {
    let work = move || {
        HELD.with(|held| held.set((0, 0)));
        let outcome = match evaluate(&source.as_str().into(), &input, &[]) {
            Ok(Value::String(text)) => format!("gives {} bytes", text.len()),
            Ok(other) => format!("gives {}", other.type_name()),
            Err(error) => error.detail,
        };
        (outcome, HELD.with(Cell::get).1)
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread starts");
    thread.join().expect("no template panics")
}

#[test]
fn hostile_templates_end_within_their_limits() {
    let times = |text: &str, count: usize| text.repeat(count);
    let nested = |open: &str, close: &str, count: usize| {
        format!("{{{{ {}1{} }}}}", times(open, count), times(close, count))
    };
    let chain = |link: &str, count: usize| format!("{{{{ input{} }}}}", times(link, count));
    let (work, long) = ("this takes more work than is allowed", "bytes");
    let cases: Vec<(String, &str)> = vec![
        // Text that grows.
        ("{% set x = 'aaaaaaaa' %}".to_owned() + &times("{% set x = x ~ x %}", 60), long),
        ("{% set x = 'aaaaaaaa' %}".to_owned() + &times("{% set x %}{{ x }}{{ x }}{% endset %}", 60), long),
        ("{{ 'a' * 1000000000 }}".into(), long),
        ("{{ 'a' * 9223372036854775807 }}".into(), long),
        ("{{ '' * 9223372036854775807 }}{{ [] * 9223372036854775807 }}".into(), "gives 2 bytes"),
        ("{% for i in range(1000000000) %}x{% endfor %}".into(), work),
        ("{% for i in range(100000) %}0123456789abcdef{% endfor %}".into(), work),
        ("{% for i in range(400) %}{{ 'a' * 1000000 }}{% endfor %}".into(), long),
        ("{% for i in range(400) %}{% set x = 'a' * 1000000 %}{% endfor %}".into(), work),
        ("{{ ('a' * 1000)|replace('a', 'b' * 10000) }}".into(), long),
        ("{{ ('a' * 100000)|replace('', 'bbbbbbbbbbbbbbbbbbbbbbbbb') }}".into(), long),
        ("{{ range(100000)|join('xxxxxxxxxxxxxxxxxxxxxxxx') }}".into(), work),
        ("{{ ('a\n' * 100000)|indent(100) }}".into(), long),
        ("{{ range(1000)|list|tojson(indent=1000000000) }}".into(), "gives 68892 bytes"),
        // Lists that grow or repeat.
        ("{{ [1] * 1000000000 }}".into(), work),
        ("{{ range(9223372036854775807) }}".into(), work),
        ("{{ range(-9223372036854775807, 9223372036854775807, 3)|length }}".into(), work),
        ("{% set x = [1] %}".to_owned() + &times("{% set x = x + x %}", 60), work),
        ("{{ [1]|batch(1000000000, 'x') }}".into(), work),
        ("{{ ('a' * 1000000)|list }}".into(), work),
        ("{{ ('a ' * 500000)|split }}".into(), work),
        // Values that hold one another.
        ("{% set x = [1] %}{% set y = [1] %}".to_owned() + &times("{% set x = [x, x] %}{% set y = [y, y] %}", 30) + "{{ x == y }}", work),
        ("{% set x = [1] %}".to_owned() + &times("{% set x = [x, x] %}", 60) + "{{ x }}", work),
        ("{% set x = [1] %}".to_owned() + &times("{% set x = [x, x] %}", 60) + "{{ x|tojson|length }}", work),
        (times("{% set x = [input] %}", 65), "more than 64 places where lists or objects are made"),
        ("{% set x = [1] %}".to_owned() + &times("{% set x = {'a': [x]} %}", 31) + "{{ x }}", "gives 251 bytes"),
        // Comparing and searching.
        ("{% set a = 'x' * 1000000 %}{% set b = 'x' * 1000000 %}{% for i in range(100000) %}{% if a == b %}{% endif %}{% endfor %}".into(), work),
        ("{% set a = 'x' * 500000 %}{% for i in range(100000) %}{% if 'xy' in a %}{% endif %}{% endfor %}".into(), work),
        ("{% for i in range(100000) %}{% if input.list == input.same %}{% endif %}{% endfor %}".into(), work),
        ("{% for i in range(100000) %}{{ input.list|sort|first }}{% endfor %}".into(), work),
        ("{% for i in range(100000) %}{{ input.list|unique|length }}{% endfor %}".into(), work),
        ("{{ ('ab' * 500000)|trim('ba' * 500000) }}".into(), work),
        // Loops.
        (times("{% for i in range(100) %}", 40) + &times("{% endfor %}", 40), work),
        (times("{% for i in range(1000) if false %}", 40) + &times("{% endfor %}", 40), "gives 0 bytes"),
        (times("{% with a = 1 %}", 100) + &times("{% endwith %}", 100), "gives 0 bytes"),
        (times("{% with a = 1 %}", 200) + &times("{% endwith %}", 200), "template exceeds maximum recursion limits"),
        // Nesting in the text.
        (nested("(", ")", 70), "gives 1 bytes"),
        (nested("(", ")", 240), "template exceeds maximum recursion limits"),
        (nested("(", ")", 15_000), "more than 500 words"),
        (nested("[", "]", 15_000), "more than 500 words"),
        (nested("{'a':", "}", 5_000), "more than 500 words"),
        (nested("-", "", 400), "gives 1 bytes"),
        (nested("-", "", 60_000), "more than 500 words"),
        (nested("not ", "", 400), "gives 4 bytes"),
        (nested("not ", "", 15_000), "more than 500 words"),
        (chain(" ~ 1", 240), "gives 1639 bytes"),
        (chain("+1", 30_000), "more than 500 words"),
        (chain("|d", 240), "gives 1399 bytes"),
        (chain("|d", 30_000), "more than 500 words"),
        (chain(".a", 30_000), "more than 500 words"),
        (chain("[0]", 20_000), "more than 500 words"),
        (chain("()", 30_000), "more than 500 words"),
        (chain("**1", 20_000), "more than 500 words"),
        (chain(" is defined", 5_000), "more than 500 words"),
        (chain(" if 1 else 1", 5_000), "more than 500 words"),
        (format!("{{% if 0 %}}{}{{% endif %}}", times("{%elif 0%}", 100)), "gives 0 bytes"),
        (format!("{{% if 0 %}}{}{{% endif %}}", times("{%elif 0%}", 6_000)), "more than 100 `elif`"),
        (format!("{}{}", times("{% if 1 %}{% else %}", 140), times("{% endif %}", 140)), "gives 0 bytes"),
        (times("{% filter upper %}", 140) + &times("{% endfilter %}", 140), "gives 0 bytes"),
        // The text itself.
        (times("x", 65_537), "more than 65536 bytes of templates"),
        (times("\n", 65_536), "gives 65535 bytes"),
        (times("{{", 20_000), "more than 500 words"),
        (times("{#", 20_000), "end of comment"),
        (times("{%", 20_000), "more than 500 words"),
        ("{{ 1".to_owned() + &times("0", 60_000) + " }}", "integer"),
        ("{{ '".to_owned() + &times("\\u0041", 10_000) + "'|length }}", "gives 5 bytes"),
    ];
    let list: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    let list = list.join(",");
    let input = json(&format!(r#"{{"list": [{list}], "same": [{list}]}}"#));
    for (source, wanted) in cases {
        let start: String = source.chars().take(100).collect();
        let (outcome, held) = attempt(source, input.clone());
        assert!(outcome.contains(wanted), "{start}: {outcome}");
        assert!(held < MEMORY_MAX, "{start}: held {held} bytes");
    }
}
