//! The one source of randomness.

/// A number in [0, 1).
pub fn unit() -> f64 {
    fastrand::f64()
}

/// A fresh run id: a UUID of version 7, so that ids sort by the time they were made.
pub fn run_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
