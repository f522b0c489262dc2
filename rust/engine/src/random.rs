//! The one source of randomness.

use std::time::SystemTime;

/// A number in [0, 1).
pub fn unit() -> f64 {
    fastrand::f64()
}

/// A fresh run id: a UUID of version 7, so that ids sort by the time they were made. It tells runs
/// apart and is no secret, so a fast generator will do.
pub fn run_id() -> String {
    let millis = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut random = [0; 10];
    fastrand::fill(&mut random);
    let id = uuid::Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or_default(), &random);
    id.into_uuid().to_string()
}
