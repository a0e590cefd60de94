//! Which of several sockets have something to be read.

use std::time::Duration;

use crate::store::redis::driver::socket::Socket;

/// Waits until one of the sockets can be read, or has ended, or `timeout` has passed; tells of each
/// whether it can. It may err: a read that finds nothing does no harm.
#[cfg(unix)]
pub(super) fn await_readable(sockets: &[Option<&Socket>], timeout: Duration) -> Vec<bool> {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    let known = sockets.iter().flatten();
    let mut asked: Vec<_> =
        known.map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)).collect();
    // Not at once: what is left of a millisecond would be spent looking.
    let timeout = timeout.max(Duration::from_millis(1));
    let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
    if poll(&mut asked, timeout).is_err() {
        // A signal: the host is to look.
        return vec![false; sockets.len()];
    }
    let mut asked = asked.iter();
    let mut is_readable = || asked.next().is_some_and(|asked| asked.any().unwrap_or(true));
    sockets.iter().map(|socket| socket.is_some() && is_readable()).collect()
}

/// Looks again and again, where the system's way to wait is not known.
#[cfg(not(unix))]
pub(super) fn await_readable(sockets: &[Option<&Socket>], timeout: Duration) -> Vec<bool> {
    std::thread::sleep(timeout.min(Duration::from_millis(5)));
    sockets.iter().map(Option::is_some).collect()
}
