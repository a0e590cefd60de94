//! What a thread does that stands in a store for many who wait.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Result};
use crate::worker::defect;

/// Works for as long as somebody waits. Whoever waits is told why it failed, a panic included, or
/// at the end that the queue is closed.
pub(crate) fn attend(
    is_wanted: impl Fn() -> bool,
    work: impl Fn() -> Result<()>,
    refuse: impl Fn(&Error),
) {
    while is_wanted() {
        let attended = catch_unwind(AssertUnwindSafe(&work));
        if let Err(error) = attended.unwrap_or_else(|panic| Err(defect(&*panic))) {
            refuse(&error);
        }
    }
    // Those that came between the last look and the end.
    refuse(&Error::closed());
}
