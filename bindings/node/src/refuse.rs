//! Refusals of what came in, before fairlane is asked.

use fairlane::{Error, ErrorCode};

/// Refuses a packet that does not say what its verb needs: JavaScript half and native half differ.
pub fn packet() -> Error {
    Error::new(ErrorCode::Internal, "packet is cut short: package and addon differ in version")
}
