//! How far the clocks of a zone are from UTC.

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

use super::Text;

/// The seconds by which the clocks of `zone` are ahead of UTC at a moment, in seconds from 1970.
///
/// A zone is a name of the IANA database (its case does not matter) or a fixed offset, such as `-02:30`.
pub(super) fn offset(zone: &str, seconds: i64) -> Option<i64> {
    if zone.contains(':') { fixed(zone) } else { named(zone, seconds) }
}

fn fixed(zone: &str) -> Option<i64> {
    let mut text = Text::new(zone);
    let sign = text.take(b"+-");
    let ahead = text.hours_and_minutes()?;
    text.at_end().then_some(if sign == Some(b'-') { -ahead } else { ahead })
}

fn named(zone: &str, seconds: i64) -> Option<i64> {
    // Only this database is compiled in. The default one may look for the machine's, if another crate of
    // the build asks for that.
    let zone = TimeZoneDatabase::bundled().get(zone).ok().filter(|zone| !zone.is_unknown())?;
    // The crate's last moment is a day before CEL's; no clock is changed on that day.
    let moment = Timestamp::from_second(seconds.min(Timestamp::MAX.as_second())).ok()?;
    Some(zone.to_offset(moment).seconds().into())
}
