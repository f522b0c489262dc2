//! The timestamps and durations of CEL, held against the specification, a calendar that counts days, and
//! the clocks of real zones.

use engine_core::cel::time::{Duration, Part, Timestamp};
use jiff::tz::TimeZoneDatabase;
use proptest::prelude::*;

const PARTS: [Part; 10] = [
    Part::FullYear,
    Part::Month,
    Part::Date,
    Part::DayOfMonth,
    Part::DayOfWeek,
    Part::DayOfYear,
    Part::Hours,
    Part::Minutes,
    Part::Seconds,
    Part::Milliseconds,
];

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is a timestamp"))
}

fn length(text: &str) -> Duration {
    Duration::parse(text).unwrap_or_else(|| panic!("{text} is a duration"))
}

/// Year, month and day from 1, hour, minute, second.
fn clock(moment: Timestamp, zone: Option<&str>) -> Option<[i64; 6]> {
    let part = |part| moment.part(part, zone);
    Some([
        part(Part::FullYear)?,
        part(Part::Month)? + 1,
        part(Part::Date)?,
        part(Part::Hours)?,
        part(Part::Minutes)?,
        part(Part::Seconds)?,
    ])
}

fn moments() -> impl Strategy<Value = Timestamp> {
    let fraction = prop_oneof![
        Just(0),
        (0..1_000_i64).prop_map(|number| number * 1_000_000),
        (0..1_000_000_i64).prop_map(|number| number * 1_000),
        0..1_000_000_000_i64,
    ];
    (-62_135_596_800..=253_402_300_799_i64, fraction).prop_map(|(seconds, nanos)| {
        let start = Timestamp::from_unix(seconds).expect("it is in the range");
        start.checked_add(length(&format!("{nanos}ns"))).expect("it is less than a second")
    })
}

fn lengths() -> impl Strategy<Value = Duration> {
    prop_oneof![any::<i64>(), -5_000_000_000..5_000_000_000_i64, (-99..99_i64).prop_map(|ms| ms * 1_000_000)]
        .prop_map(|nanos| length(&format!("{nanos}ns")))
}

#[test]
fn timestamps_are_written_in_utc_with_the_digits_of_json() {
    for (text, written) in [
        ("2009-02-13T23:31:30Z", "2009-02-13T23:31:30Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("2023-08-26T12:39:00-07:00", "2023-08-26T19:39:00Z"),
        ("2023-08-26t12:39:00z", "2023-08-26T12:39:00Z"),
        ("2024-02-29T00:00:00.5+05:45", "2024-02-28T18:15:00.500Z"),
        ("1969-12-31T23:59:59.00012Z", "1969-12-31T23:59:59.000120Z"),
        ("2000-02-29T23:59:59.000000001-00:00", "2000-02-29T23:59:59.000000001Z"),
        ("0000-12-31T23:30:00-01:00", "0001-01-01T00:30:00Z"),
    ] {
        assert_eq!(moment(text).to_string(), written, "{text}");
    }
    assert_eq!(Timestamp::MIN, moment("0001-01-01T00:00:00Z"));
    assert_eq!(Timestamp::MAX, moment("9999-12-31T23:59:59.999999999Z"));
    assert_eq!(Timestamp::from_unix(1_234_567_890), Some(moment("2009-02-13T23:31:30Z")));
    assert_eq!(Timestamp::from_unix(-62_135_596_801), None);
    assert_eq!(Timestamp::from_unix(253_402_300_800), None);
}

#[test]
fn texts_that_are_no_timestamps_are_refused() {
    for text in [
        "",
        "2009-02-13",
        "2009-02-13T23:31:30",
        "2009-02-13 23:31:30Z",
        "2009-02-13T23:31Z",
        "2009-02-13T23:31:30z ",
        "+2009-02-13T23:31:30Z",
        "2009-2-13T23:31:30Z",
        "2009-02-13T23:31:30.Z",
        "2009-02-13T23:31:30,5Z",
        "2009-02-13T23:31:30.0000000001Z",
        "2009-02-13T23:31:30+0100",
        "2009-02-13T23:31:30+24:00",
        "2009-02-13T23:31:30+01:60",
        "2009-02-13T24:00:00Z",
        "2009-02-13T23:60:00Z",
        "2016-12-31T23:59:60Z",
        "2009-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2009-04-31T00:00:00Z",
        "2009-13-01T00:00:00Z",
        "2009-00-01T00:00:00Z",
        "2009-01-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "२००९-02-13T23:31:30Z",
    ] {
        assert_eq!(Timestamp::parse(text), None, "{text}");
    }
}

#[test]
fn parts_are_those_of_the_specification() {
    let friday = "2009-02-13T23:31:30Z";
    let night = "2009-02-13T02:00:00Z";
    for (text, part, zone, expected) in [
        (friday, Part::FullYear, None, 2009),
        (friday, Part::Month, None, 1),
        (friday, Part::Date, None, 13),
        (friday, Part::DayOfMonth, None, 12),
        (friday, Part::DayOfWeek, None, 5),
        (friday, Part::DayOfYear, None, 43),
        (friday, Part::Hours, None, 23),
        (friday, Part::Minutes, None, 31),
        (friday, Part::Seconds, None, 30),
        ("2009-02-13T23:31:20.123456789Z", Part::Milliseconds, None, 123),
        ("1969-12-31T23:59:59.25Z", Part::Milliseconds, None, 250),
        (friday, Part::Date, Some("Australia/Sydney"), 14),
        (friday, Part::DayOfMonth, Some("US/Central"), 12),
        (friday, Part::DayOfMonth, Some("+11:00"), 13),
        (night, Part::DayOfMonth, Some("-02:30"), 11),
        (night, Part::DayOfMonth, Some("America/St_Johns"), 11),
        (friday, Part::DayOfWeek, Some("UTC"), 5),
        (friday, Part::DayOfYear, Some("US/Central"), 43),
        (friday, Part::FullYear, Some("-09:30"), 2009),
        (friday, Part::Hours, Some("02:00"), 1),
        (friday, Part::Minutes, Some("Asia/Kathmandu"), 16),
        (friday, Part::Month, Some("UTC"), 1),
        (friday, Part::Seconds, Some("-00:00"), 30),
    ] {
        assert_eq!(moment(text).part(part, zone), Some(expected), "{text} {part:?} {zone:?}");
    }
}

#[test]
fn zones_are_names_and_fixed_offsets_only() {
    let noon = moment("2009-02-13T12:00:00Z");
    for (zone, hour) in [("europe/paris", 13), ("EST", 7), ("Etc/GMT+5", 7), ("+23:59", 11), ("-23:59", 12)] {
        assert_eq!(noon.part(Part::Hours, Some(zone)), Some(hour), "{zone}");
    }
    for zone in [
        "",
        "Z",
        "Mars/Olympus",
        "Etc/Unknown",
        "local",
        "/etc/localtime",
        "Europe/Paris\0",
        "+11",
        "+1:00",
        "+24:00",
        "+01:60",
        "+01:00:00",
        " +01:00",
        "++01:00",
        "EST5EDT,M3.2.0,M11.1.0",
        ":Europe/Paris",
    ] {
        assert_eq!(noon.part(Part::Hours, Some(zone)), None, "{zone}");
    }
}

#[test]
fn clocks_change_where_and_when_they_did() {
    let sydney = "Australia/Sydney";
    let new_york = "America/New_York";
    let kathmandu = "Asia/Kathmandu";
    for (text, zone, expected) in [
        ("2024-10-05T15:59:59Z", sydney, [2024, 10, 6, 1, 59, 59]),
        ("2024-10-05T16:00:00Z", sydney, [2024, 10, 6, 3, 0, 0]),
        ("2025-04-05T15:59:59Z", sydney, [2025, 4, 6, 2, 59, 59]),
        ("2025-04-05T16:00:00Z", sydney, [2025, 4, 6, 2, 0, 0]),
        ("2025-03-09T06:59:59Z", new_york, [2025, 3, 9, 1, 59, 59]),
        ("2025-03-09T07:00:00Z", new_york, [2025, 3, 9, 3, 0, 0]),
        ("2025-11-02T05:59:59Z", new_york, [2025, 11, 2, 1, 59, 59]),
        ("2025-11-02T06:00:00Z", new_york, [2025, 11, 2, 1, 0, 0]),
        ("1985-12-31T18:29:59Z", kathmandu, [1985, 12, 31, 23, 59, 59]),
        ("1985-12-31T18:30:00Z", kathmandu, [1986, 1, 1, 0, 15, 0]),
        // Local mean time, to the second.
        ("1919-12-31T18:18:43Z", kathmandu, [1919, 12, 31, 23, 59, 59]),
        ("1919-12-31T18:18:44Z", kathmandu, [1919, 12, 31, 23, 48, 44]),
        ("1883-11-18T16:59:59Z", new_york, [1883, 11, 18, 12, 3, 57]),
        ("1883-11-18T17:00:00Z", new_york, [1883, 11, 18, 12, 0, 0]),
        ("0001-01-01T20:00:00Z", "Europe/Paris", [1, 1, 1, 20, 9, 21]),
        // War time, double summer time, standard time that was summer's.
        ("1943-01-01T00:00:00Z", new_york, [1942, 12, 31, 20, 0, 0]),
        ("1941-06-01T00:00:00Z", "Europe/London", [1941, 6, 1, 2, 0, 0]),
        ("1969-12-20T20:17:40Z", "Europe/London", [1969, 12, 20, 21, 17, 40]),
        // Samoa left a day out.
        ("2011-12-30T09:59:59Z", "Pacific/Apia", [2011, 12, 29, 23, 59, 59]),
        ("2011-12-30T10:00:00Z", "Pacific/Apia", [2011, 12, 31, 0, 0, 0]),
        // The rule in force goes on; a zone shows years that timestamps cannot have.
        ("9999-07-01T00:00:00Z", "Europe/Paris", [9999, 7, 1, 2, 0, 0]),
        ("9999-12-31T23:59:59Z", sydney, [10_000, 1, 1, 10, 59, 59]),
        ("0001-01-01T00:00:00Z", "-00:01", [0, 12, 31, 23, 59, 0]),
    ] {
        assert_eq!(clock(moment(text), Some(zone)), Some(expected), "{text} {zone}");
    }
}

/// Walks through all days of the range with a calendar that only counts on.
#[test]
fn every_day_of_the_range_has_its_date() {
    let (mut year, mut month, mut day, mut day_of_year) = (1, 1, 1, 0);
    let mut weekday = 1; // 0001-01-01 is a Monday, as 2001-01-01 is, five cycles of 400 years later.
    let mut start = Timestamp::MIN;
    loop {
        let part = |part| start.part(part, None).expect("UTC is known");
        assert_eq!(
            (part(Part::FullYear), part(Part::Month) + 1, part(Part::Date), part(Part::DayOfYear)),
            (year, month, day, day_of_year)
        );
        assert_eq!(part(Part::DayOfWeek), weekday, "{start}");
        if day == 1 || month == 2 {
            assert_eq!(moment(&format!("{year:04}-{month:02}-{day:02}T00:00:00Z")), start);
        }

        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let february = if leap { 29 } else { 28 };
        let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        (day, day_of_year, weekday) = (day + 1, day_of_year + 1, (weekday + 1) % 7);
        if usize::try_from(month).ok().and_then(|month| lengths.get(month - 1)) < Some(&day) {
            (month, day) = (month + 1, 1);
        }
        if month > 12 {
            (year, month, day_of_year) = (year + 1, 1, 0);
        }
        match start.checked_add(length("24h")) {
            Some(next) => start = next,
            None => break,
        }
    }
    assert_eq!((year, month, day), (10_000, 1, 1));
}

#[test]
fn durations_are_read_as_go_does_and_written_in_seconds() {
    for (text, written) in [
        ("0", "0s"),
        ("-0", "0s"),
        ("+0", "0s"),
        ("0h", "0s"),
        ("1000000s", "1000000s"),
        ("1h2m3.5s", "3723.5s"),
        ("1m1ms", "60.001s"),
        ("1h34us", "3600.000034s"),
        ("-1.5ms", "-0.0015s"),
        ("-23.4s", "-23.4s"),
        ("-1.5h", "-5400s"),
        ("+2.999999999us", "0.000002999s"),
        ("2m1h2m", "3840s"),
        (".5s", "0.5s"),
        ("1.s", "1s"),
        ("0.3333333333333333333333333333333333h", "1199.999999999s"),
        ("0.30000000000000004s", "0.3s"),
        ("1.9ns", "0.000000001s"),
        ("-0.9ns", "0s"),
        ("00000000000000000000000000001s", "1s"),
        ("9223372036854775807ns", "9223372036.854775807s"),
        ("-9223372036854775808ns", "-9223372036.854775808s"),
        ("2562047h47m16.854775807s", "9223372036.854775807s"),
    ] {
        assert_eq!(length(text).to_string(), written, "{text}");
    }
    let many = "1ns".repeat(100_000);
    assert_eq!(length(&many), length("100us"));
}

#[test]
fn texts_that_are_no_durations_are_refused() {
    for text in [
        "",
        "-",
        "1",
        "00",
        "0.0",
        "s",
        ".s",
        "1d",
        "1µs",
        "1H",
        "1 s",
        " 1s",
        "1s ",
        "--1s",
        "1s-1s",
        "1.2.3s",
        "1e3s",
        "inf",
        "1m2",
        "320000000000s",
        "-320000000000s",
        "9223372036854775808ns",
        "-9223372036854775809ns",
        "9223372036.854775808s",
        "99999999999999999999ns",
        "9223372036854775807h9223372036854775807h",
    ] {
        assert_eq!(Duration::parse(text), None, "{text}");
    }
}

#[test]
fn durations_are_converted_to_units() {
    assert_eq!(length("10000s").hours(), 2);
    assert_eq!(length("3730s").minutes(), 62);
    assert_eq!(length("3730s").seconds_whole(), 3730);
    assert_eq!(length("123.321456789s").milliseconds(), 321);
    let negative = length("-1h59m59.9999s");
    assert_eq!((negative.hours(), negative.minutes()), (-1, -119));
    assert_eq!((negative.seconds_whole(), negative.milliseconds()), (-7199, -999));
}

#[test]
fn arithmetic_is_that_of_the_specification() {
    let first = moment("0001-01-01T00:00:00Z");
    let last = moment("9999-12-31T23:59:59.999999999Z");
    for (from, text, to) in [
        ("2009-02-13T23:00:00Z", "240s", "2009-02-13T23:04:00Z"),
        ("2009-02-13T23:10:00Z", "-600s", "2009-02-13T23:00:00Z"),
        ("0001-01-01T00:00:01.000000001Z", "-999999999ns", "0001-01-01T00:00:00.000000002Z"),
        ("0001-01-01T00:00:01.999999999Z", "999999999ns", "0001-01-01T00:00:02.999999998Z"),
        ("1970-01-01T00:00:00Z", "-1ns", "1969-12-31T23:59:59.999999999Z"),
    ] {
        assert_eq!(moment(from).checked_add(length(text)), Some(moment(to)), "{from} + {text}");
        assert_eq!(moment(to).checked_sub(length(text)), Some(moment(from)), "{to} - {text}");
        assert_eq!(moment(to).checked_since(moment(from)), Some(length(text)), "{to} - {from}");
    }
    assert_eq!(length("600s").checked_add(length("50s")), Some(length("650s")));
    assert_eq!(length("900s").checked_sub(length("42s")), Some(length("858s")));

    for text in ["-1ns", "-1s"] {
        assert_eq!(first.checked_add(length(text)), None, "{text}");
        assert_eq!(last.checked_sub(length(text)), None, "{text}");
    }
    assert_eq!(last.checked_since(first), None);
    assert_eq!(first.checked_since(last), None);
    assert_eq!(Duration::MAX.checked_add(length("1ns")), None);
    assert_eq!(Duration::MIN.checked_sub(length("1ns")), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(moment in moments(), length in lengths()) {
        prop_assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
        prop_assert_eq!(Duration::parse(&length.to_string()), Some(length));
    }

    #[test]
    fn sums_come_apart_and_keep_the_order(moment in moments(), one in lengths(), other in lengths()) {
        if let Some(later) = moment.checked_add(one) {
            prop_assert_eq!(later.checked_since(moment), Some(one));
            prop_assert_eq!(later.checked_sub(one), Some(moment));
            prop_assert_eq!(later.cmp(&moment), one.cmp(&length("0")));
        }
        if let Some(difference) = one.checked_sub(other) {
            prop_assert_eq!(difference.checked_add(other), Some(one));
            prop_assert_eq!(one.cmp(&other), difference.cmp(&length("0")));
        }
    }

    #[test]
    fn offsets_only_move_the_clock(moment in moments(), minutes in -1_439..1_440_i64) {
        let sign = if minutes < 0 { '-' } else { '+' };
        let offset = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        if let Some(moved) = moment.checked_add(length(&format!("{minutes}m"))) {
            for part in PARTS {
                prop_assert_eq!(moment.part(part, Some(&offset)), moved.part(part, None));
            }
        }
    }

    /// The crate that has the zones has a calendar too.
    #[test]
    fn parts_in_every_zone_are_those_of_another_calendar(moment in moments(), index in any::<prop::sample::Index>()) {
        let zones = TimeZoneDatabase::bundled();
        let names: Vec<_> = zones.available().collect();
        let name = index.get(&names).as_str();
        let zone = zones.get(name).expect("the zone is known");
        if let Ok(other) = moment.to_string().parse::<jiff::Timestamp>() {
            let other = other.to_zoned(zone);
            let expected = [
                i64::from(other.year()),
                i64::from(other.month()) - 1,
                other.day().into(),
                i64::from(other.day()) - 1,
                other.weekday().to_sunday_zero_offset().into(),
                i64::from(other.day_of_year()) - 1,
                other.hour().into(),
                other.minute().into(),
                other.second().into(),
                other.millisecond().into(),
            ];
            prop_assert_eq!(PARTS.map(|part| moment.part(part, Some(name))), expected.map(Some));
        }
    }

    #[test]
    fn no_text_panics(
        text in any::<String>(),
        near_moment in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{0,10})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])",
        near_length in "[+-]?([0-9]{0,20}(\\.[0-9]{0,40})?(h|m|s|ms|us|ns|µ)?){0,4}",
    ) {
        for text in [&text, &near_moment, &near_length] {
            if let Some(moment) = Timestamp::parse(text) {
                prop_assert_eq!(moment, Timestamp::parse(&moment.to_string()).expect("it is one"));
            }
            if let Some(length) = Duration::parse(text) {
                prop_assert_eq!(length, Duration::parse(&length.to_string()).expect("it is one"));
            }
            for part in PARTS {
                let _ = Timestamp::MAX.part(part, Some(text));
            }
        }
    }
}
