//! Waiting at several servers at once.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::store::redis::driver::closing::SLICE;
use crate::store::redis::driver::readable::await_readable;
use crate::store::redis::driver::waiter::{Waiter, end_of};
use crate::store::redis::driver::waiting::Waiting;

/// Sleeps as [`Waiter::wait`] does, until any of these waiters has been called. All keep their
/// places in line, so that the next call sends nothing for those that have not.
///
/// # Errors
/// As [`Waiter::wait`].
pub fn wait_for_any(waiters: &mut [&mut Waiter<'_>], timeout: Duration) -> Result<()> {
    let mut end = end_of(timeout);
    for waiter in &mut *waiters {
        waiter.begin()?;
        if let Waiting::Poll(every) = waiter.waiting() {
            return waiter.sleep_until(end.min(Instant::now() + every));
        }
    }
    for waiter in &mut *waiters {
        if let Err(trouble) = waiter.enter() {
            end = end.min(waiter.next_try(trouble)?);
        }
    }
    loop {
        let now = Instant::now();
        let sockets: Vec<_> = waiters.iter().map(|waiter| waiter.socket()).collect();
        let until = end.min(now + SLICE);
        let readable = await_readable(&sockets, until.saturating_duration_since(now));
        let mut is_over = false;
        for (waiter, is_readable) in waiters.iter_mut().zip(readable) {
            waiter.check_open()?;
            if is_readable || waiter.is_overdue() {
                match waiter.listen(Instant::now()) {
                    Ok(has_left) => is_over |= has_left,
                    Err(trouble) => end = end.min(waiter.next_try(trouble)?),
                }
            }
        }
        if is_over || Instant::now() >= end {
            return Ok(());
        }
    }
}
