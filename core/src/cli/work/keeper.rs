//! The thread that keeps leases alive while commands run.

use std::time::{Duration, Instant};

use crate::cli::work::dispatch::Dispatch;
use crate::error::ErrorCode;

/// Extends all leases with one call at a third of the lease, until the slots are closed. A call that
/// fails is made again soon: there is time for several before a lease ends.
pub(super) fn keep(dispatch: &Dispatch<'_>) {
    let third = dispatch.arguments.lease / 3;
    let soon = (third / 8).max(Duration::from_millis(1));
    let mut next = Instant::now() + third;
    while dispatch.slots.watch_until(next) {
        next = Instant::now() + if extend_all(dispatch) { third } else { soon };
    }
}

fn extend_all(dispatch: &Dispatch<'_>) -> bool {
    let tokens = dispatch.slots.tokens();
    if tokens.is_empty() {
        return true;
    }
    let results = match dispatch.queue.extend_many(&tokens, dispatch.arguments.lease) {
        Ok(results) => results,
        Err(error) => {
            dispatch.report.note(&format!("cannot extend leases: {error}"));
            return false;
        }
    };
    for (token, result) in tokens.iter().zip(results) {
        match result {
            // A delivery that ended a moment ago is stale as well; then there is no command left.
            Err(error) if error.code() == ErrorCode::StaleToken => dispatch.slots.lose(token),
            Err(error) => dispatch.report.note(&format!("cannot extend a lease: {error}")),
            Ok(()) => {}
        }
    }
    true
}
