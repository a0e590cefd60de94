//! Which of several sockets have something to be read.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::store::redis::driver::socket::Socket;

/// The longest wait: a longer one is refused by some systems, and this one may err.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Waits until one of the sockets can be read, or has ended, or `timeout` has passed; tells of each
/// whether it can. It may err: a read that finds nothing does no harm.
pub(super) fn await_readable(sockets: &[Option<&Socket>], timeout: Duration) -> Vec<bool> {
    let known = sockets.iter().flatten();
    let mut asked: Vec<_> =
        known.map(|socket| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)).collect();
    // Not at once: what is left of a millisecond would be spent looking.
    let timeout = Timespec::try_from(timeout.clamp(Duration::from_millis(1), LONGEST)).ok();
    if poll(&mut asked, timeout.as_ref()).is_err() {
        // A signal: the host is to look.
        return vec![false; sockets.len()];
    }
    let mut asked = asked.iter();
    let mut is_readable = || asked.next().is_some_and(|asked| !asked.revents().is_empty());
    sockets.iter().map(|socket| socket.is_some() && is_readable()).collect()
}
