//! The id of a job, as a push gives it.

use std::ffi::c_char;

use fairlane::JobId;

/// The size of `fairlane_id`, its NUL included.
pub const FAIRLANE_ID_SIZE: usize = 24;

/// The id of a job: digits, with a NUL after them. A value of the caller's, nothing to free.
#[repr(C)]
pub struct Id {
    /// The digits.
    pub text: [c_char; FAIRLANE_ID_SIZE],
}

impl Id {
    /// No id: the empty text.
    pub const NONE: Self = Self { text: [0; FAIRLANE_ID_SIZE] };
}

impl From<JobId> for Id {
    fn from(id: JobId) -> Self {
        let mut text = Self::NONE.text;
        let mut left = id.0;
        // 20 digits at most, so that a NUL is left; written from the last one on.
        let count = left.checked_ilog10().unwrap_or(0) as usize + 1;
        for place in text[..count].iter_mut().rev() {
            *place = (b'0' + (left % 10) as u8) as c_char;
            left /= 10;
        }
        Self { text }
    }
}
